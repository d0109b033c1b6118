import { readFileSync } from 'node:fs';
import type { RealMachine } from './real-machines';

/** Where a product listens, and the one-time link that makes its administrator. */
export interface Entrance {
  readonly origin: string;
  readonly setupLink: string;
}

/** What the product answered to one request, whatever it was. */
export interface Answer<T> {
  readonly status: number;
  readonly contentType: string;
  readonly body: T;
}

/** Where a machine is to be reached and how to sign in there. */
export interface Enrolment {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly username: string;
  readonly credentials: object;
  /** Type and key, as in `ssh_host_…_key.pub`. */
  readonly hostKey: string;
}

/** The product's HTTP API as a script would use it, signed in as its administrator. */
export class ApiClient {
  /** Of the administrator. */
  static readonly PASSWORD = 'a password of this test';

  /** @param session what a browser sends along that is signed in already */
  constructor(
    readonly origin: string,
    private session = '',
  ) {}

  /** Uses the setup link up. */
  static async administrator(product: Entrance): Promise<ApiClient> {
    const api = new ApiClient(product.origin);
    const token = product.setupLink.split('#token=')[1] ?? '';
    await api.post('/links/accept', { token, username: 'ada', password: ApiClient.PASSWORD });
    return api;
  }

  /** What a browser sends along. */
  get cookie(): string {
    return this.session;
  }

  get<T>(path: string): Promise<T> {
    return this.call<T>('GET', path);
  }

  post<T>(path: string, body: object = {}): Promise<T> {
    return this.call<T>('POST', path, body);
  }

  put<T>(path: string, body: object): Promise<T> {
    return this.call<T>('PUT', path, body);
  }

  patch<T>(path: string, body: object): Promise<T> {
    return this.call<T>('PATCH', path, body);
  }

  /** Adds a machine, trusts the key that the fleet says it has. @returns its id */
  async enrol(machine: RealMachine, user: 'ops' | 'root' | 'plain' = 'ops'): Promise<string> {
    const credentials = { authMethod: 'ssh_key', privateKey: readFileSync(machine.keyPath, 'utf8'), sudoMode: 'none' };
    return this.enrolAs({ ...machine, username: user, credentials });
  }

  /** Adds a machine and trusts its key if it is the given one. @returns its id */
  async enrolAs({ name, address, port, username, credentials, hostKey }: Enrolment): Promise<string> {
    const { id } = await this.post<{ id: string }>('/machines', {
      name,
      hostname: address,
      port,
      username,
      credentials,
    });
    const keys = await this.post<{ id: string; keyType: string; fingerprintSha256: string }[]>(
      `/machines/${id}/host-keys/scan`,
    );
    const key = keys.find(({ keyType }) => hostKey.startsWith(keyType));
    if (key === undefined) throw new Error(`${name} does not show its key`);
    await this.post(`/machines/${id}/host-keys/${key.id}/approve`, { fingerprintSha256: key.fingerprintSha256 });
    return id;
  }

  /** What a browser shows there: a page, or a file. */
  async text(path: string): Promise<string> {
    const answer = await this.fetch('GET', path, { headers: this.headers() });
    if (answer.status !== 200) throw new Error(`GET ${path}: ${String(answer.status)}`);
    return answer.text();
  }

  /** One request; an answer that refuses is an answer. @throws when there is none */
  async send<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
    const answer = await this.fetch(method, path, {
      headers: this.headers(),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const [cookie] = answer.headers.getSetCookie();
    if (cookie !== undefined) this.session = cookie.split(';')[0] ?? '';
    const text = await answer.text();
    return {
      status: answer.status,
      contentType: answer.headers.get('content-type') ?? '',
      body: (text === '' ? undefined : JSON.parse(text)) as T,
    };
  }

  /** Commands of the fleet block this process for seconds: a connection that was kept is closed by the server meanwhile. */
  private headers(): Record<string, string> {
    return {
      'X-System-Update': '1',
      'Content-Type': 'application/json',
      Cookie: this.session,
      Connection: 'close',
    };
  }

  private async fetch(method: string, path: string, request: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.origin}/api${path}`, { method, ...request });
    } catch (cause) {
      // Its own words do not say which request it was.
      const { message, cause: reason } = cause as Error;
      throw new Error(`${method} ${path}: ${message} (${String(reason)})`, { cause });
    }
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await this.send<T>(method, path, body);
    if (answer.status >= 400)
      throw new Error(`${method} ${path}: ${String(answer.status)} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}
