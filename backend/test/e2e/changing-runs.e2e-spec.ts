import { anyPerson } from '../support/deciders';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Logger } from '@nestjs/common';
import { SystemClock } from '../../src/kernel/clock';
import { queryOne } from '../../src/kernel/database/rows';
import { SecretMasker } from '../../src/kernel/logging/secret-masker';
import type { SshConnection } from '../../src/kernel/ssh/ssh-connection';
import { SshConnectionFactory } from '../../src/kernel/ssh/ssh-connection-factory';
import type { ChangeAction } from '../../src/modules/jobs/actions/change-action';
import { SshDetachedRunner } from '../../src/modules/jobs/worker/detached-runner';
import type { MachineConnections } from '../../src/modules/machines/machine-connections';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeAction, fakeChange } from '../support/jobs-fakes';
import { JobsProcess } from '../support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet } from '../support/real-machines';
import { SilentRelay } from '../support/silent-relay';
import { sshTargets, systemdTargets, type SshTarget } from '../support/ssh-targets';
import { until } from '../support/ssh-wait';

/** Where a machine keeps what runs left. */
const RUNS = '/var/lib/system-update/runs';
const LINES = 30;
const HELD_AT = 12;
/**
 * Writes a line now and then, as a slow maintainer script does, and holds in the middle until the test lets it go on: a
 * sweep waits until the database has been up for as long as a lease. Each run leaves one mark on the machine.
 */
const SCRIPT = `
printf 'upgrade a 1 2\\n' >"$SU_DIR/now"
confirm_plan "$SU_DIR/now"
step act
echo once >>/var/tmp/effects
n=0
while [ "$n" -lt ${String(LINES)} ]; do
  n=$((n + 1))
  echo "line $n"
  sleep 0.1
  while [ "$n" -eq ${String(HELD_AT)} ] && [ ! -e /var/tmp/go-on ]; do sleep 0.1; done
done
`;
const all = Array.from({ length: LINES }, (_, index) => `line ${String(index + 1)}`);

let database: TestDatabase;
let folder: string;
let change: ChangeAction<object>;
const processes: JobsProcess[] = [];

beforeAll(() => {
  Logger.overrideLogger(false);
  folder = mkdtempSync(path.join(tmpdir(), 'system-update-e2e-'));
  writeFileSync(path.join(folder, 'change.sh'), SCRIPT);
  change = { ...fakeChange(), script: () => ({ file: path.join(folder, 'change.sh') }) };
});
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const process of processes.splice(0)) await process.close();
  await database.drop();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A worker's process whose changing runs go to a real machine; the connections that it opens can be cut. */
async function start(
  target: SshTarget,
  way: { readonly host: string; readonly port: number } = target,
): Promise<{ process: JobsProcess; opened: SshConnection[] }> {
  const process = await JobsProcess.open(database.url, [fakeAction(), change]);
  processes.push(process);
  process.contracts.register(CHANGE_PLAN_CONTRACT);
  process.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
  const factory = new SshConnectionFactory();
  const opened: SshConnection[] = [];
  const connect = async () => {
    const { host, port } = way;
    const hostKeys = { approved: [target.hostKey] };
    const connection = await factory.connect({ host, port, username: 'ops', secret: target.secret('ops'), hostKeys });
    opened.push(connection);
    const masker = new SecretMasker([]);
    return { connection, sudo: { kind: 'nopasswd' as const }, masker, close: () => connection.close() };
  };
  const connections = { connect } as unknown as MachineConnections;
  process.detached.real = new SshDetachedRunner(connections, process.dataSource, new SystemClock());
  return { process, opened };
}

async function confirmed(p: JobsProcess): Promise<string> {
  const plan = await p.enqueue(await p.machine(), { action: `${CHANGE}_plan` });
  const { requestId } = await p.ended(plan.id, 60_000);
  const request = requestId === null ? null : await p.requestsReader.find(requestId);
  if (request?.planDigest == null) throw new Error('there is no plan');
  const given = { digest: request.planDigest, accepted: [] };
  return (await p.requests.confirm(request.id, given, anyPerson)).id;
}

const log = async (p: JobsProcess, id: string): Promise<string[]> =>
  ((await p.logs.read(id, 0, 1000))?.lines ?? []).filter(({ stream }) => stream === 'out').map(({ text }) => text);
const shown = (p: JobsProcess, id: string, line: string) =>
  until(`the log shows ${line}`, async () => (await log(p, id)).includes(line), 60_000);
const effects = (target: SshTarget): string => target.exec('cat', '/var/tmp/effects');

describe.each(
  [...sshTargets().slice(0, 1), ...systemdTargets().slice(1, 2)].map((target) => [target.suite, target] as const),
)('a changing job on a real machine (%s)', (_suite, target) => {
  beforeEach(() => {
    target.exec('rm', '-f', '/var/tmp/effects', '/var/tmp/go-on');
  });

  it('survives a cut connection and the loss of its worker: one effect, the whole log, the right result', async () => {
    const { process: first, opened } = await start(target);
    first.work({ renewEveryMs: 600_000, sweepEveryMs: 600_000 });
    const id = await confirmed(first);
    await shown(first, id, 'line 3');
    await opened.at(-1)?.close();
    await shown(first, id, 'line 8');
    // From here on the first worker is past its lease, and does not know.
    await first.expire(id);
    const { process: second } = await start(target);
    await second.sweepUntil('it is offered', async () => (await second.job(id)).phase === 'reconciling');
    second.work();
    target.exec('touch', '/var/tmp/go-on');
    expect(await second.ended(id, 120_000)).toMatchObject({ status: 'ok', attempt: 1 });
    expect(await log(second, id)).toEqual(all);
    expect(effects(target)).toBe('once\n');
    const execution = await queryOne(second.dataSource, 'SELECT status, exit_code FROM executions WHERE id = $1', [id]);
    expect(execution).toEqual({ status: 'ok', exit_code: 0 });
  }, 240_000);

  it('notices within a minute that nothing comes through any more, and goes on once something does', async () => {
    const relay = await SilentRelay.to(target.host, target.port);
    try {
      const { process, opened } = await start(target, { host: '127.0.0.1', port: relay.port });
      process.work();
      const id = await confirmed(process);
      await shown(process, id, 'line 3');
      const connections = opened.length;
      relay.fallSilent();
      const reconciling = async (): Promise<boolean> => (await process.job(id)).phase === 'reconciling';
      await until('the silence is noticed', reconciling, 60_000);
      // The machine goes on meanwhile, and ends.
      target.exec('touch', '/var/tmp/go-on');
      await until('the run has ended', () => target.exec('sh', '-c', `ls ${RUNS}/${id}`).includes('result'), 30_000);
      relay.recover();
      expect(await process.ended(id, 150_000)).toMatchObject({ status: 'ok', attempt: 1 });
      expect(opened.length).toBeGreaterThan(connections);
      expect(await log(process, id)).toEqual(all);
      expect(effects(target)).toBe('once\n');
    } finally {
      await relay.close();
    }
  }, 300_000);

  it('that its machine interrupted by a restart ends as that, from evidence', async () => {
    const { process } = await start(target);
    process.work();
    const id = await confirmed(process);
    await shown(process, id, 'line 3');
    fleet('stop', target.name);
    await until('it is unknown', async () => (await process.job(id)).phase === 'reconciling', 60_000);
    fleet('start', target.name);
    expect(await process.ended(id, 120_000)).toMatchObject({ status: 'error' });
    const row = await queryOne<{ result_json: unknown }>(
      process.dataSource,
      'SELECT result_json FROM executions WHERE id = $1',
      [id],
    );
    expect(row?.result_json).toMatchObject({ ending: 'interrupted' });
    expect(effects(target)).toBe('once\n');
  }, 240_000);
});
