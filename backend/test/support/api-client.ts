import { readFileSync } from 'node:fs';
import type { Product } from './product';
import type { RealMachine } from './real-machines';

/** The product's HTTP API as a script would use it, signed in as its administrator. */
export class ApiClient {
  private cookie = '';

  constructor(private readonly origin: string) {}

  /** Uses the setup link up. */
  static async administrator(product: Product): Promise<ApiClient> {
    const api = new ApiClient(product.origin);
    const token = product.setupLink.split('#token=')[1] ?? '';
    await api.post('/links/accept', { token, username: 'ada', password: 'a password of this test' });
    return api;
  }

  get<T>(path: string): Promise<T> {
    return this.call<T>('GET', path);
  }

  post<T>(path: string, body: object = {}): Promise<T> {
    return this.call<T>('POST', path, body);
  }

  /** Adds a machine, trusts the key that the fleet says it has. @returns its id */
  async enrol(machine: RealMachine, user: 'ops' | 'root' = 'ops'): Promise<string> {
    const credentials = { authMethod: 'ssh_key', privateKey: readFileSync(machine.keyPath, 'utf8'), sudoMode: 'none' };
    const place = { name: machine.name, hostname: machine.address, port: machine.port };
    const { id } = await this.post<{ id: string }>('/machines', { ...place, username: user, credentials });
    const keys = await this.post<{ id: string; keyType: string; fingerprintSha256: string }[]>(
      `/machines/${id}/host-keys/scan`,
    );
    const key = keys.find(({ keyType }) => machine.hostKey.startsWith(keyType));
    if (key === undefined) throw new Error(`${machine.name} does not show its key`);
    await this.post(`/machines/${id}/host-keys/${key.id}/approve`, { fingerprintSha256: key.fingerprintSha256 });
    return id;
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await fetch(`${this.origin}/api${path}`, {
      method,
      headers: { 'X-System-Update': '1', 'Content-Type': 'application/json', Cookie: this.cookie },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const [cookie] = answer.headers.getSetCookie();
    if (cookie !== undefined) this.cookie = cookie.split(';')[0] ?? '';
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${String(answer.status)} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}
