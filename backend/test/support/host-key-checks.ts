import { secretRegistry } from '../../src/kernel/logging/secret-registry';
import { HistoryModule } from '../../src/modules/history/history.module';
import type { ConnectionTestDto } from '../../src/modules/machines/dto/connection-test.dto';
import type { MachineDetailDto } from '../../src/modules/machines/dto/machine-detail.dto';
import { MachinesModule } from '../../src/modules/machines/machines.module';
import { FakeSsh, hostKey, runResult } from './fake-ssh';
import { addMachine } from './machine-samples';
import { createTestApp, type Client, type TestApp } from './test-app';

export const ED = hostKey('first');
export const OTHER_ED = hostKey('second');
export const RSA = hostKey('third', 'ssh-rsa');
export const asRoot = () => runResult({ root: '0\n' });

interface StoredEvent {
  readonly event_type: string;
  readonly severity: string;
  readonly payload_json: Record<string, unknown>;
}

/** Machines over HTTP, and a double that shows the host keys that a test says. */
export class HostKeyChecks {
  readonly ssh = new FakeSsh();
  test!: TestApp;
  operator!: Client;
  administrator!: Client;

  async open(): Promise<void> {
    this.test = await createTestApp({ imports: [MachinesModule, HistoryModule], ssh: this.ssh });
    this.operator = this.test.as('operator');
    this.administrator = this.test.as('administrator');
  }

  /** Nothing was connected to that no test had said, and no secret is held any more. */
  settled(): void {
    expect(this.ssh.unexpected.splice(0)).toEqual([]);
    expect(secretRegistry.values()).toEqual([]);
    this.ssh.connected.splice(0);
  }

  async detail(id: string): Promise<MachineDetailDto> {
    return (await this.operator.get(`/machines/${id}`)).body as MachineDetailDto;
  }

  async keyId(id: string, fingerprint: string): Promise<string> {
    const key = (await this.detail(id)).hostKeys.find((one) => one.fingerprintSha256 === fingerprint);
    if (key === undefined) throw new Error(`${fingerprint} is not there`);
    return key.id;
  }

  async statuses(id: string): Promise<Record<string, string>> {
    return Object.fromEntries((await this.detail(id)).hostKeys.map((key) => [key.fingerprintSha256, key.status]));
  }

  async approve(id: string, fingerprint: string) {
    return this.administrator.post(`/machines/${id}/host-keys/${await this.keyId(id, fingerprint)}/approve`, {
      fingerprintSha256: fingerprint,
    });
  }

  async connectionTest(id: string): Promise<ConnectionTestDto> {
    return (await this.operator.post(`/machines/${id}/connection-test`)).body as ConnectionTestDto;
  }

  eventsOf(id: string): Promise<StoredEvent[]> {
    return this.test.dataSource.query<StoredEvent[]>(
      'SELECT event_type, severity, payload_json FROM machine_events WHERE machine_id = $1 ORDER BY id',
      [id],
    );
  }

  /** How often its credentials were decrypted. */
  async usesOf(id: string): Promise<number> {
    const rows = await this.test.dataSource.query<object[]>(
      `SELECT 1 FROM audit_log WHERE machine_id = $1 AND action = 'credentials.used'`,
      [id],
    );
    return rows.length;
  }

  /** A machine whose first key is approved. @returns its id */
  async enrolled(name: string): Promise<string> {
    const id = await addMachine(this.operator, name);
    this.ssh.willShow([ED, RSA]);
    await this.operator.post(`/machines/${id}/host-keys/scan`);
    await this.approve(id, ED.fingerprint);
    return id;
  }

  /** The same after it has shown another key. @returns its id */
  async quarantined(name: string): Promise<string> {
    const id = await this.enrolled(name);
    this.ssh.willConnect(OTHER_ED);
    await this.connectionTest(id);
    return id;
  }
}

/** Has each test of the file begin without machines. */
export function hostKeyChecks(): HostKeyChecks {
  const checks = new HostKeyChecks();
  beforeAll(() => checks.open());
  afterAll(() => checks.test.close());
  beforeEach(() => checks.test.dataSource.query('TRUNCATE machines CASCADE'));
  afterEach(() => {
    checks.settled();
  });
  return checks;
}
