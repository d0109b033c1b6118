import { setImmediate } from 'node:timers/promises';
import { addMachine } from '../../../test/support/machine-samples';
import { createTestApp, type Client, type TestApp } from '../../../test/support/test-app';
import { systemActor } from '../../kernel/auth/actor';
import { TransactionRunner } from '../../kernel/database/transaction';
import { secretRegistry } from '../../kernel/logging/secret-registry';
import { HistoryModule } from '../history/history.module';
import type { MachineTileDto } from './dto/machine-tile.dto';
import { MachineFacts, type MachineFactsInput } from './machine-facts';
import { MachineState, type MachineStatePatch } from './machine-state';
import { MachinesModule } from './machines.module';

const collectedAt = new Date('2026-03-01T10:00:00.000Z');
const identity: MachineFactsInput['identity'] = {
  osFamily: 'debian',
  osVersion: '12',
  osCodename: 'bookworm',
  arch: 'amd64',
  virtualization: 'kvm',
  hardwareProfile: 'generic_vm',
  machineKind: 'vm',
};
const disk = {
  name: 'vda',
  type: 'disk',
  size_bytes: 12,
  rotational: false,
  removable: false,
  read_only: false,
  model: null,
  smart: null,
};
const firmware = {
  bios_vendor: 'Sea',
  bios_version: null,
  bios_date: null,
  system_vendor: null,
  product_name: null,
  raspberry_eeprom: null,
};
const warning = {
  code: 'x',
  area: 'hardware',
  severity: 'warning',
  message: 'It is warm.',
  subject: null,
  params: { some_name: 1 },
};
const facts: MachineFactsInput = {
  actor: systemActor,
  jobId: null,
  snapshotId: null,
  collectedAt,
  identity,
  hardware: {
    cpuModel: 'A processor',
    cpuCores: 4,
    memoryBytes: 8_589_934_592,
    gpus: null,
    disks: [disk],
    network: [],
    firmware,
    drivers: null,
    warnings: [warning],
    reasons: { 'hardware.gpus': 'no PCI bus' },
  },
  metrics: {
    cpuLoad1: 0.5,
    cpuLoad5: null,
    cpuCores: 4,
    memoryTotalBytes: 8_589_934_592,
    memoryUsedBytes: 1,
    memoryAvailableBytes: 2,
    memoryUsedPercent: 12.5,
    filesystems: null,
    rootUsedPercent: null,
    warnings: [],
  },
  diskWarnings: 2,
  hardwareWarnings: null,
};

describe('what is known about a machine', () => {
  let test: TestApp;
  let operator: Client;
  let id: string;

  beforeAll(async () => {
    test = await createTestApp({ imports: [MachinesModule, HistoryModule] });
    operator = test.as('operator');
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    await test.dataSource.query('TRUNCATE machines CASCADE');
    id = await addMachine(operator, 'web-1', { machineKind: 'physical' });
  });

  const transactions = () => test.app.get(TransactionRunner);
  const store = (more: Partial<MachineFactsInput> = {}) =>
    transactions().run((tx) => test.app.get(MachineFacts).store(tx, id, { ...facts, ...more }));
  const patch = (change: MachineStatePatch) =>
    transactions().run((tx) => {
      test.app.get(MachineState).patch(tx, id, change);
      return Promise.resolve();
    });
  const tile = async () => (await operator.get(`/machines/${id}`)).body as MachineTileDto;

  it('is 404 before the first probe', async () => {
    for (const path of ['hardware', 'metrics']) {
      expect((await operator.get(`/machines/${id}/${path}`)).body).toMatchObject({ status: 404, code: 'not_probed' });
    }
  });

  it('is stored and read back, null where nothing was measured', async () => {
    await store();
    expect((await operator.get(`/machines/${id}/hardware`)).body).toEqual({
      cpuModel: 'A processor',
      cpuCores: 4,
      memoryBytes: 8_589_934_592,
      gpus: null,
      disks: [
        {
          name: 'vda',
          type: 'disk',
          sizeBytes: 12,
          rotational: false,
          removable: false,
          readOnly: false,
          model: null,
          smart: null,
        },
      ],
      network: [],
      firmware: {
        biosVendor: 'Sea',
        biosVersion: null,
        biosDate: null,
        systemVendor: null,
        productName: null,
        raspberryEeprom: null,
      },
      warnings: [{ ...warning, said: {} }],
      reasons: { 'hardware.gpus': 'no PCI bus' },
      said: {},
      updatedAt: collectedAt.toISOString(),
      unreadable: [],
    });
    expect((await operator.get(`/machines/${id}/metrics`)).body).toMatchObject({
      collectedAt: collectedAt.toISOString(),
      memoryTotalBytes: 8_589_934_592,
      cpuLoad5: null,
      filesystems: null,
      rootUsedPercent: null,
    });
    expect(await tile()).toMatchObject({
      osFamily: 'debian',
      osVersion: '12',
      machineKind: 'vm',
      metrics: {
        cpuLoad1: 0.5,
        memoryUsedPercent: 12.5,
        rootUsedPercent: null,
        diskWarnings: 2,
        hardwareWarnings: null,
      },
    });
  });

  it('reads what was stored before documents had a version, and marks what a newer program wrote', async () => {
    await store();
    await test.dataSource.query(
      `UPDATE machine_hardware SET disks_json = $2, firmware_json = $3, reasons_json = $4, network_json = $5,
              warnings_json = '{"schema_version": 1, "items": "none"}' WHERE machine_id = $1`,
      [
        id,
        JSON.stringify([disk]),
        JSON.stringify(firmware),
        JSON.stringify({ 'hardware.gpus': 'no bus' }),
        JSON.stringify({ schema_version: 2, links: [] }),
      ],
    );
    await test.dataSource.query(`UPDATE machine_metrics_latest SET filesystems_json = 'null' WHERE machine_id = $1`, [
      id,
    ]);
    const { status, body } = await operator.get(`/machines/${id}/hardware`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      disks: [{ name: 'vda', sizeBytes: 12 }],
      firmware: { biosVendor: 'Sea' },
      reasons: { 'hardware.gpus': 'no bus' },
      network: null,
      warnings: [],
      unreadable: [
        {
          contract: 'machine_hardware.network',
          schemaVersion: 2,
          unreadable: 'newer',
          document: { schema_version: 2, links: [] },
        },
        { contract: 'machine_hardware.warnings', unreadable: 'damaged' },
      ],
    });
    expect((await operator.get(`/machines/${id}/metrics`)).body).toMatchObject({ filesystems: null, unreadable: [] });
  });

  it('corrects a wrong kind with an event, once, and keeps what was not measured this time', async () => {
    await store();
    await store();
    await store({ identity: { ...identity, osVersion: null, machineKind: 'unknown' }, hardware: null, metrics: null });
    expect(await tile()).toMatchObject({ osVersion: '12', machineKind: 'vm', metrics: { cpuLoad1: 0.5 } });
    const events = await test.dataSource.query<{ payload_json: unknown }[]>(
      `SELECT payload_json FROM machine_events WHERE event_type = 'machine_kind_corrected'`,
    );
    expect(events).toEqual([{ payload_json: { schema_version: 1, from: 'physical', to: 'vm' } }]);
  });

  it('never tells more security updates than updates, though a count of before held new packages too', async () => {
    await patch({ aptStatus: 'security_updates', aptUpdatesCount: 1, aptSecurityUpdatesCount: 2 });
    expect(await tile()).toMatchObject({ need: 'security', apt: { updatesCount: 1, securityCount: 1 } });
  });

  it('raises the revision with each change of the state, tells the live topic after the commit, and keeps old counts', async () => {
    const before = await tile();
    await patch({ aptStatus: 'updates', aptUpdatesCount: 3, aptSecurityUpdatesCount: 0, aptRebootRequired: false });
    const after = await tile();
    expect(after).toMatchObject({
      need: 'updates',
      revision: before.revision + 1,
      apt: { updatesCount: 3, keptBackCount: null },
    });
    await patch({ aptStatus: 'error', aptStale: true, lastErrorKind: 'timeout_total', lastErrorMessage: 'too slow' });
    expect(await tile()).toMatchObject({
      need: 'failed',
      apt: { updatesCount: 3, stale: true },
      lastError: { kind: 'timeout_total' },
    });
    await patch({ runningJobId: id, aptStatus: 'updates', settlesErrors: [{}] });
    expect(await tile()).toMatchObject({ need: 'running', underlyingNeed: 'updates' });
    const told = test.live.changes.length;
    await expect(
      transactions().run((tx) => {
        test.app.get(MachineState).patch(tx, id, { aptUpdatesCount: 99 });
        tx.beforeCommit(() => Promise.reject(new Error('rolled back')));
        return Promise.resolve();
      }),
    ).rejects.toThrow('rolled back');
    expect(test.live.changes).toHaveLength(told);
    expect((await tile()).apt.updatesCount).toBe(3);
  });

  it('computes the need from what another change has just written', async () => {
    const { promise: mayCommit, resolve: letCommit } = Promise.withResolvers<undefined>();
    const { promise: written, resolve: tellWritten } = Promise.withResolvers<undefined>();
    const first = transactions().run((tx) => {
      test.app.get(MachineState).patch(tx, id, { status: 'unreachable', aptUpdatesCount: 1 });
      tx.beforeCommit(async () => {
        tellWritten(undefined);
        await mayCommit;
      });
      return Promise.resolve();
    });
    await written;
    const second = patch({ aptSecurityUpdatesCount: 1 });
    await somebodyWaitsForALock();
    letCommit(undefined);
    await Promise.all([first, second]);
    expect(await tile()).toMatchObject({
      need: 'unreachable',
      status: 'unreachable',
      apt: { updatesCount: 1, securityCount: 1 },
    });
  });

  async function somebodyWaitsForALock(): Promise<void> {
    const sql = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await test.dataSource.query<object[]>(sql)).length === 0) await setImmediate();
  }

  it('keeps ordinary words of the last error, though they be passwords of machines', async () => {
    const drop = secretRegistry.register('debian');
    await patch({ lastErrorKind: 'failed', lastErrorMessage: 'debian-goodies cannot be installed' });
    drop();
    expect((await tile()).lastError?.message).toBe('debian-goodies cannot be installed');
  });

  it('keeps no secret and no endless text in the last error', async () => {
    const drop = secretRegistry.register('planted-secret-9');
    try {
      await patch({ lastErrorKind: 'Not A Kind', lastErrorMessage: `planted-secret-9 ${'x'.repeat(5000)}` });
    } finally {
      drop();
    }
    const { lastError } = await tile();
    expect(lastError?.kind).toBe('unexpected');
    expect(lastError?.message).toMatch(/^••• x+$/);
    expect(lastError?.message).toHaveLength(2000);
  });
});
