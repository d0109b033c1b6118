import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiClient } from './api-client';
import { eventually } from './eventually';
import { fleet, type RealMachine } from './real-machines';

/** What people enter and nobody may ever find again. All of them really open something on the machines. */
export interface EntrustedSecrets {
  /** Signs in to the first machine, and answers sudo there. */
  readonly password: string;
  /** Answers sudo on the second machine, where a key signs in. */
  readonly sudoPassword: string;
  readonly privateKey: string;
  readonly keyPassphrase: string;
  readonly proxyPassword: string;
}

export interface EverydayJob {
  readonly id: string;
  readonly status: string;
  readonly errorKind: string | null;
  readonly snapshotId: string | null;
}

interface HostKey {
  readonly id: string;
  readonly keyType: string;
  readonly fingerprintSha256: string;
}

/** An encrypted key pair of this run. */
export function keyPair(passphrase: string): { privateKey: string; publicKey: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'system-update-key-'));
  try {
    const file = path.join(folder, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'of a test', '-f', file]);
    return { privateKey: readFileSync(file, 'utf8'), publicKey: readFileSync(`${file}.pub`, 'utf8').trim() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a script as root on a machine of the fleet; what it needs travels as arguments. */
export function onMachine(machine: RealMachine, script: string, ...values: readonly string[]): string {
  return fleet('exec', machine.name, 'sh', '-c', script, 'sh', ...values);
}

/** One person's week with two real machines: everything that leaves a document somewhere happens at least once. */
export class Everyday {
  readonly ids: string[] = [];

  constructor(
    private readonly api: ApiClient,
    private readonly machines: readonly RealMachine[],
    private readonly secrets: EntrustedSecrets,
    private readonly publicKey: string,
    private readonly aptServer: string,
  ) {}

  /** Both machines take the secrets as theirs. */
  prepare(): void {
    const { password, sudoPassword } = this.secrets;
    const setPassword = `printf 'admin:%s\\n' "$1" | chpasswd`;
    onMachine(this.machine(0), setPassword, password);
    onMachine(this.machine(1), setPassword, sudoPassword);
    const trust =
      'home=$(getent passwd admin | cut -d: -f6); mkdir -p "$home/.ssh"; printf "%s\\n" "$1" >"$home/.ssh/authorized_keys"; ' +
      'chown -R admin: "$home/.ssh"; chmod -R go= "$home/.ssh"';
    onMachine(this.machine(1), trust, this.publicKey);
  }

  async enrol(): Promise<void> {
    const { password, sudoPassword, privateKey, keyPassphrase, proxyPassword } = this.secrets;
    const byPassword = { authMethod: 'password', password, sudoMode: 'same_as_ssh' };
    const byKey = { authMethod: 'ssh_key', privateKey, keyPassphrase, sudoMode: 'separate', sudoPassword };
    const aptProxy = { mode: 'custom', url: `http://proxy-user@${this.aptServer}`, password: proxyPassword };
    const tag = await this.api.post<{ id: string }>('/tags', { name: 'lab' });
    for (const [index, credentials] of [byPassword, byKey].entries()) {
      const { name, address, port } = this.machine(index);
      const place = { name, hostname: address, port, username: 'admin', machineKind: 'raspberry_pi' };
      const { id } = await this.api.post<{ id: string }>('/machines', { ...place, credentials, aptProxy });
      this.ids.push(id);
      await this.decideHostKeys(id, this.machine(index));
      await this.api.post(`/machines/${id}/connection-test`);
      await this.api.patch(`/machines/${id}`, { name: `${name}-renamed`, tagIds: [tag.id] });
      await this.api.put(`/machines/${id}/credentials`, credentials);
    }
  }

  /** Approves the key that the fleet says is right, rejects another one, and mistakes a fingerprint once. */
  private async decideHostKeys(id: string, machine: RealMachine): Promise<void> {
    const keys = await this.api.post<HostKey[]>(`/machines/${id}/host-keys/scan`);
    const right = keys.find(({ keyType }) => machine.hostKey.startsWith(keyType));
    const other = keys.find((key) => key !== right);
    if (right === undefined || other === undefined) throw new Error(`${machine.name} does not show two keys`);
    const approve = (fingerprintSha256: string) =>
      this.api.post(`/machines/${id}/host-keys/${right.id}/approve`, { fingerprintSha256 });
    await approve(other.fingerprintSha256).catch(() => undefined);
    await approve(right.fingerprintSha256);
    await this.api.post(`/machines/${id}/host-keys/${other.id}/reject`);
  }

  async run(index: number, action: string, parameters: object = {}): Promise<EverydayJob> {
    return this.end(await this.start(index, action, parameters));
  }

  start(index: number, action: string, parameters: object = {}): Promise<EverydayJob> {
    return this.api.post<EverydayJob>(`/machines/${this.ids[index] ?? ''}/actions/${action}`, { parameters });
  }

  end(job: EverydayJob): Promise<EverydayJob> {
    const ended = ({ status }: EverydayJob): boolean => status !== 'queued' && status !== 'running';
    return eventually(() => this.api.get<EverydayJob>(`/jobs/${job.id}`), ended, 120_000);
  }

  /** A change is planned and confirmed; its log is sealed and its report written. @returns the job that carried it out */
  async change(index: number, action: string, parameters: object = {}): Promise<EverydayJob> {
    const planned = await this.run(index, `${action}_plan`, parameters);
    const { requestId } = await this.api.get<{ requestId: string | null }>(`/jobs/${planned.id}`);
    if (requestId === null) throw new Error(`${action} was not planned: ${String(planned.errorKind)}`);
    const { planDigest, plan } = await this.api.get<{
      planDigest: string;
      plan: { consequences: { code: string }[] };
    }>(`/requests/${requestId}`);
    const body = { digest: planDigest, accepted: plan.consequences.map(({ code }) => code) };
    const job = await this.end(await this.api.post<EverydayJob>(`/requests/${requestId}/confirm`, body));
    await eventually(
      () => this.api.get<{ reportId: string | null }>(`/executions/${job.id}`),
      ({ reportId }) => reportId !== null,
    );
    return job;
  }

  /** Accounts come and change. */
  async people(): Promise<void> {
    const { user } = await this.api.post<{ user: { id: string } }>('/users', {
      username: 'grace',
      displayName: 'Grace',
      role: 'viewer',
    });
    await this.api.patch(`/users/${user.id}`, { role: 'operator', displayName: 'Grace H.' });
    const newPassword = 'another password of this test';
    await this.api.post('/me/password', { currentPassword: ApiClient.PASSWORD, newPassword });
  }

  /** A job waits behind another and is cancelled. */
  async cancel(index: number): Promise<void> {
    const first = await this.start(index, 'apt_update_analyze');
    const second = await this.start(index, 'machine_probe');
    await this.api.post(`/jobs/${second.id}/cancel`);
    await this.end(first);
    await this.end(second);
  }

  /** The machine comes back as another one. */
  async changeIdentity(index: number): Promise<EverydayJob> {
    fleet('reset', '--new-identity', this.machine(index).name);
    return this.run(index, 'machine_probe');
  }

  /** The machine and everything of it goes; its audit stays. */
  async purge(index: number): Promise<void> {
    const id = this.ids[index] ?? '';
    const { name } = await this.api.get<{ name: string }>(`/machines/${id}`);
    await this.api.post(`/machines/${id}/archive`);
    await this.api.post(`/machines/${id}/purge`, { name });
  }

  private machine(index: number): RealMachine {
    const found = this.machines[index];
    if (found === undefined) throw new Error('the fleet is too small');
    return found;
  }
}
