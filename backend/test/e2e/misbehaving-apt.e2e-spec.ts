import type { ApiClient } from '../support/api-client';
import { at } from '../support/at';
import { Installation, type ProductProcess } from '../support/installation';
import { cleared, MachineJobs, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, type RealMachine } from '../support/real-machines';

interface Snapshot {
  readonly status: string;
  readonly payload: {
    readonly status: string;
    readonly refresh: { readonly outcome: string };
    readonly plans: { readonly upgrade: object | null; readonly dist_upgrade: object | null };
    readonly counts: { readonly updates: number | null };
  };
}

const MEMORY_ALLOWANCE = 150;
const OWN_APT = '/usr/local/sbin/apt-get';

/** Where a machine notes the most that the work folder of a run has held. */
const MOST_KILOBYTES = '/tmp/most-kilobytes';
const watchWorkFolder = `
  ( most=0
    while kill -0 $$ 2>/dev/null; do
      now=$(du -sk /run/system-update-apt.* 2>/dev/null | cut -f1)
      [ "\${now:-0}" -le "$most" ] || most=$now
      echo "$most" >${MOST_KILOBYTES}
      sleep 0.05
    done ) >/dev/null 2>&1 &`.trimEnd();

/** Stands before the real one in PATH; `$*` holds the words that it was called with. */
const wrapper = (pattern: string, body: string): string =>
  `#!/bin/sh\ncase " $* " in *" ${pattern} "*) ${body} ;; esac\nexec /usr/bin/apt-get "$@"\n`;

describe('real machines whose apt-get misbehaves', () => {
  let database: TestDatabase;
  let installation: Installation;
  let worker: ProductProcess;
  let api: ApiClient;
  let jobs: MachineJobs;
  let machines: RealMachine[];
  const ids = new Map<string, string>();

  const id = ({ name }: RealMachine): string => ids.get(name) ?? '';
  const machine = (index: number): RealMachine => at(machines, index);
  const analyseWith = async (of: RealMachine, script: string): Promise<Job> => {
    fleet('exec', of.name, 'sh', '-c', `printf %s "$1" >${OWN_APT}; chmod 755 ${OWN_APT}`, 'sh', script);
    try {
      return await jobs.ended(await jobs.analyse(id(of)));
    } finally {
      fleet('exec', of.name, 'rm', '-f', OWN_APT);
    }
  };
  const snapshot = ({ snapshotId }: Job): Promise<Snapshot> => api.get<Snapshot>(`/snapshots/${snapshotId ?? ''}`);

  beforeAll(async () => {
    machines = realMachines().slice(0, 4);
    for (const { name } of machines) fleet('scenario', name, 'plain');
    database = await createTestDatabase();
    installation = new Installation(database.url);
    api = await installation.administrator(await installation.start('api'));
    worker = await installation.start('worker');
    jobs = new MachineJobs(api);
    for (const one of machines) ids.set(one.name, await api.enrol(one));
  }, 300_000);
  afterAll(async () => {
    await installation.stop();
    await database.drop();
  }, 120_000);

  it('prints without end: stopped at a limit, worker and machine keep their memory', async () => {
    expect(await jobs.ended(await jobs.analyse(id(machine(0))))).toMatchObject({ status: 'ok' });
    const before = worker.peakMegabytes();
    const job = await analyseWith(machine(0), wrapper('--version', 'exec yes "a line of an endless text"'));
    expect(job).toMatchObject({ status: 'error', errorKind: 'output_limit', attempt: 1 });
    expect(worker.peakMegabytes() - before).toBeLessThan(MEMORY_ALLOWANCE);
    await cleared(machine(0));
    // What was measured before stays, and is said to be old.
    expect(await jobs.tile(id(machine(0)))).toMatchObject({ need: 'failed', apt: { updatesCount: 1, stale: true } });
    expect((await snapshot(job)).status).toBe('error');
  });

  it('prints a plan without end: the machine keeps a bounded part of it in memory', async () => {
    const of = machine(1);
    const script = wrapper(
      'dist-upgrade',
      `${watchWorkFolder}
 exec yes "a line of an endless text"`,
    );
    const job = await analyseWith(of, script);
    expect(job).toMatchObject({ status: 'error', errorKind: 'answer_incomplete', attempt: 1 });
    const { payload } = await snapshot(job);
    expect(payload.plans).toMatchObject({ upgrade: { upgraded: 1 }, dist_upgrade: null });
    expect(Number(fleet('exec', of.name, 'cat', MOST_KILOBYTES))).toBeLessThan(64 * 1024);
    await cleared(of);
  });

  it('prints what is no UTF-8 beside a right answer: the answer counts, and the log shows where', async () => {
    const rubbish = String.raw`printf 'here \377\376 \303\050\n'`;
    const job = await analyseWith(machine(2), wrapper('update', rubbish));
    expect(job).toMatchObject({ status: 'ok', errorKind: null });
    expect((await jobs.log(job.id)).map(({ text }) => text)).toContain('here \uFFFD\uFFFD \uFFFD(');
    expect(await jobs.tile(id(machine(2)))).toMatchObject({ need: 'updates', apt: { updatesCount: 1, stale: false } });
  });

  it('prints what is no UTF-8 in place of an answer: classified, and the old counts are stale', async () => {
    const rubbish = String.raw`head -c 20000 /dev/urandom; printf '\377\376\n'; exit 0`;
    const job = await analyseWith(machine(2), wrapper('dist-upgrade', rubbish));
    expect(job).toMatchObject({ status: 'error', errorKind: 'answer_unreadable', attempt: 1 });
    expect((await snapshot(job)).payload.counts.updates).toBeNull();
    expect(await jobs.tile(id(machine(2)))).toMatchObject({ need: 'failed', apt: { updatesCount: 1, stale: true } });
  });

  it('takes the connection along in the middle: what was read is kept, as the error that it is', async () => {
    const of = machine(3);
    const job = await analyseWith(of, wrapper('dist-upgrade', `pkill -KILL -f '^sshd.*: ops'; sleep 600`));
    expect(job).toMatchObject({ status: 'error', errorKind: 'connection_lost', attempt: 3 });
    const { status, payload } = await snapshot(job);
    expect([status, payload.status, payload.refresh.outcome]).toEqual(['error', 'error', 'refreshed']);
    expect(payload.plans).toMatchObject({ upgrade: { upgraded: 1, security: null }, dist_upgrade: null });
    // One of three plans is no count of what is pending.
    expect(await jobs.tile(id(of))).toMatchObject({
      need: 'failed',
      apt: { updatesCount: null, securityCount: null, keptBackCount: null, rebootRequired: null, lastAnalyzeAt: null },
    });
    await cleared(of);
  });
});
