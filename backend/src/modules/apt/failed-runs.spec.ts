import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { insertMachine, insertRow } from '../../../test/support/insert-row';
import { addMachine } from '../../../test/support/machine-samples';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { createTestApp } from '../../../test/support/test-app';
import { systemActor } from '../../kernel/auth/actor';
import { Contracts } from '../../kernel/contracts/contracts';
import { newId } from '../../kernel/database/ids';
import { queryRows } from '../../kernel/database/rows';
import { TransactionRunner } from '../../kernel/database/transaction';
import { DomainEvents } from '../../kernel/events/domain-events';
import { ProductHosts } from '../../kernel/hosts/product-hosts';
import { QueueModule } from '../../kernel/queue/queue.module';
import { quoted } from '../../kernel/sentences/sentences';
import type { ActionRegistry } from '../jobs/actions/action-registry';
import { HistoryModule } from '../history/history.module';
import { JobsModule } from '../jobs/jobs.module';
import { MachinesModule } from '../machines/machines.module';
import { AptModule } from './apt.module';
import { JOB_RESULT } from '../jobs/contracts/job-documents';
import { AptRepository } from './apt.repository';
import { APT_ERROR_LINES } from './contracts/apt-update-analyze.v1.schema';
import { FailedRuns } from './failed-runs';

/** Plans alone ask for it. */
@Global()
@Module({ providers: [{ provide: ProductHosts, useValue: {} }], exports: [ProductHosts] })
class OwnHostsModule {}

let database: TestDatabase;
let dataSource: DataSource;
let machineId: string;
let failed: FailedRuns;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await database.dataSource();
  const contracts = new Contracts();
  contracts.register(JOB_RESULT, APT_ERROR_LINES);
  const changes = ['reboot', 'service_restart', 'apt_upgrade'];
  const registry = { findChange: (name: string) => (changes.includes(name) ? {} : undefined) };
  failed = new FailedRuns(registry as unknown as ActionRegistry, contracts, new AptRepository(contracts));
});
beforeEach(async () => {
  machineId = await insertMachine(dataSource);
});
afterAll(() => database.drop());

/** A job that has failed, in the transaction that ends it. @returns its id */
async function end(kind: string, errorKind: string, at = new Date(), toldItself = false): Promise<string> {
  const id = newId();
  const common = { machine_id: machineId, status: 'error', error_kind: errorKind, error_message: `${errorKind} met` };
  const result = { script_sha256: null, snapshot_id: null, summary: null, duration_ms: null, received_bytes: null };
  await insertRow(dataSource, 'jobs', {
    ...common,
    id,
    kind,
    created_at: at,
    finished_at: at,
    result_json: JSON.stringify({ schema_version: 1, ...result, error_action: 'Mend it.' }),
  });
  if (!kind.endsWith('_plan')) {
    const run = { ...common, id, action: kind, mode: 'manual', started_at: at, finished_at: at, job_id: id };
    await insertRow(dataSource, 'executions', run);
    if (toldItself)
      await insertRow(dataSource, 'apt_errors', {
        id: newId(),
        execution_id: id,
        machine_id: machineId,
        kind: errorKind,
        severity: 'error',
        message: 'as apt says it',
        created_at: at,
      });
  }
  const told = { severity: 'error', actor: systemActor, message: quoted('failed'), jobId: id, machineId } as const;
  const event = { ...told, type: 'job_failed', payload: { kind, status: 'error', errorKind } };
  await new TransactionRunner(dataSource).run((tx) => failed.record(event, tx));
  return id;
}

const errors = () =>
  queryRows<object>(
    dataSource,
    `SELECT kind, severity, message, remediation, execution_id, snapshot_id, important_lines_json -> 'lines' AS lines
     FROM apt_errors WHERE machine_id = $1 ORDER BY created_at, id`,
    [machineId],
  );

it.each([
  ['reboot', 'inhibited'],
  ['service_restart', 'service_failed'],
  ['apt_upgrade', 'connection_lost'],
])('a failed %s stands among the errors of its machine', async (kind, errorKind) => {
  const id = await end(kind, errorKind);
  expect(await errors()).toEqual([
    {
      kind: errorKind,
      severity: 'error',
      message: `${errorKind} met`,
      remediation: 'Mend it.',
      execution_id: id,
      snapshot_id: null,
      lines: [],
    },
  ]);
});

it('so does a failed plan; of its like the old ones go', async () => {
  await end('reboot_plan', 'unreachable', new Date(Date.now() - 200 * 86_400_000));
  expect(await errors()).toMatchObject([{ kind: 'unreachable', execution_id: null }]);
  await end('apt_upgrade_plan', 'sudo_password');
  expect(await errors()).toMatchObject([{ kind: 'sudo_password', execution_id: null }]);
});

it('a run that has told its errors itself has no other, and a reading none', async () => {
  await end('apt_upgrade', 'no_space', new Date(), true);
  await end('machine_probe', 'unreachable');
  expect(await errors()).toMatchObject([{ kind: 'no_space', message: 'as apt says it' }]);
});

it('is told of every job that fails', async () => {
  const test = await createTestApp({
    imports: [DiscoveryModule, QueueModule, OwnHostsModule, MachinesModule, HistoryModule, JobsModule, AptModule],
    environment: { ROLE: 'api' },
  });
  try {
    const machine = await addMachine(test.as('operator'), 'web-1');
    const id = newId();
    const now = new Date();
    await insertRow(test.dataSource, 'jobs', {
      id,
      kind: 'reboot_plan',
      machine_id: machine,
      status: 'error',
      created_at: now,
      finished_at: now,
      error_kind: 'unreachable',
      error_message: 'nothing answers',
    });
    const payload = { kind: 'reboot_plan', status: 'error', errorKind: 'unreachable' };
    const told = { severity: 'error', actor: systemActor, message: quoted('failed'), jobId: id } as const;
    await test.app
      .get(TransactionRunner)
      .run((tx) =>
        test.app.get(DomainEvents).publish(tx, { ...told, type: 'job_failed', machineId: machine, payload }),
      );
    const rows = await queryRows(test.dataSource, 'SELECT kind, message FROM apt_errors WHERE machine_id = $1', [
      machine,
    ]);
    expect(rows).toEqual([{ kind: 'unreachable', message: 'nothing answers' }]);
  } finally {
    await test.close();
  }
});
