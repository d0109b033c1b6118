import type { DataSource } from 'typeorm';
import { queryRows } from '../../src/kernel/database/rows';
import type { AptUpgradeResult } from '../../src/modules/apt/contracts/apt-upgrade-result.v5';
import type { ApiClient } from '../support/api-client';
import { eventually } from '../support/eventually';
import { Installation } from '../support/installation';
import { MachineJobs, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, wrapCommand, type RealMachine } from '../support/real-machines';
import { Upgrades, versionOf } from '../support/upgrades';

interface Change {
  readonly at: string;
  readonly machineName: string;
  readonly operation: string;
  readonly fromVersion: string | null;
  readonly toVersion: string | null;
  readonly mode: string;
  readonly actor: string | null;
  readonly command: string | null;
  readonly jobId: string | null;
}

interface TimelineEvent {
  readonly eventType: string;
  readonly actorType: string;
  readonly actorName: string | null;
  readonly createdAt: string;
  readonly message: string;
}

/** "When did this package change here, and by whom" has one answer, whoever it was. */
describe('changes made by others', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let installation: Installation;
  let api: ApiClient;
  let jobs: MachineJobs;
  let machines: RealMachine[];

  beforeAll(async () => {
    machines = realMachines().slice(0, 4);
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    installation = new Installation(database.url);
    const server = await installation.start('all');
    api = await installation.administrator(server);
    jobs = new MachineJobs(api);
  }, 300_000);
  afterAll(async () => {
    for (const { name } of machines) fleet('reset', name);
    await installation.stop();
    await database.drop();
  }, 120_000);

  const shell = (machine: RealMachine, command: string): string => fleet('exec', machine.name, 'sh', '-c', command);
  const analyse = async (id: string): Promise<void> => {
    expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ errorKind: null });
  };
  const changesOf = async (name: string, machineId: string): Promise<Change[]> =>
    (await api.get<{ items: Change[] }>(`/package-changes?name=${name}&machineId=${machineId}`)).items;
  const timeline = async (id: string): Promise<TimelineEvent[]> =>
    (await api.get<{ items: TimelineEvent[] }>(`/machines/${id}/events?limit=100`)).items.filter(
      ({ eventType }) => eventType === 'packages_changed_externally',
    );
  const reportOf = async (executionId: string): Promise<string> => {
    const { reportId } = await eventually(
      () => api.get<{ reportId: string | null }>(`/executions/${executionId}`),
      (execution) => execution.reportId !== null,
    );
    return api.text(`/reports/${reportId ?? ''}?format=markdown`);
  };
  const external = (id: string) =>
    queryRows(dataSource, `SELECT id FROM executions WHERE machine_id = $1 AND mode = 'external'`, [id]);

  it.each([
    ['Debian 12', 0],
    ['Debian 13', 1],
  ])('stand in the same time line as ours, each once: %s', async (_name, index) => {
    const machine = machines[index];
    if (machine === undefined) throw new Error('there is no such machine');
    fleet('reset', machine.name);
    fleet('scenario', machine.name, 'plain', 'security', 'new-dependency');
    // A machine whose clock shows another zone than ours.
    shell(machine, 'ln -sf /usr/share/zoneinfo/America/St_Johns /etc/localtime; apt-get -q update');
    const began = Date.now();
    shell(machine, 'sudo -u ops sudo apt-get -q -y --only-upgrade install fleet-plain');
    shell(
      machine,
      `cd /tmp && apt-get -q download fleet-newdep fleet-lib2 && dpkg -i fleet-lib2*.deb fleet-newdep*.deb &&
       printf '\\nStart-Date: %s\\nCommandline: /usr/bin/unattended-upgrade\\nUpgrade: openssl:amd64 (3.0.1, 3.0.2)\\nEnd-Date: %s\\n' \\
         "$(date -d -2days '+%Y-%m-%d  %H:%M:%S')" "$(date -d -2days '+%Y-%m-%d  %H:%M:%S')" | gzip >/var/log/apt/history.log.1.gz`,
    );
    // dpkg may go on for a minute before its steps count as one change: those of an hour ago do.
    shell(
      machine,
      `sed -E -i "/fleet-(newdep|lib2):/s/^[^ ]+ [0-9]+/$(date -d '1 hour ago' '+%F %H')/" /var/log/dpkg.log`,
    );
    const id = await api.enrol(machine);
    await analyse(id);

    expect(await changesOf('fleet-plain', id)).toMatchObject([
      { operation: 'upgraded', fromVersion: '1.0', toVersion: '1.1', mode: 'external', actor: 'ops', jobId: null },
    ]);
    const at = Date.parse((await changesOf('fleet-plain', id))[0]?.at ?? '');
    expect(at).toBeGreaterThanOrEqual(Math.floor(began / 1000) * 1000);
    expect(at).toBeLessThanOrEqual(Date.now());
    expect(await changesOf('openssl', id)).toMatchObject([
      { actor: 'unattended-upgrades', command: '/usr/bin/unattended-upgrade', toVersion: '3.0.2' },
    ]);
    expect(await changesOf('fleet-newdep', id)).toMatchObject([
      { operation: 'upgraded', fromVersion: '1.0', toVersion: '2.0', actor: 'root', command: null },
    ]);
    const told = await timeline(id);
    expect(told.map(({ actorName }) => actorName).sort()).toEqual(
      expect.arrayContaining(['ops', 'root', 'unattended-upgrades']),
    );
    expect(told.find(({ actorName }) => actorName === 'ops')).toMatchObject({
      actorType: 'external',
      message: 'Changed outside this program by ops: fleet-plain 1.0 → 1.1',
    });

    const known = (await external(id)).length;
    await analyse(id);
    expect(await external(id)).toHaveLength(known);

    // What we do ourselves is ours, though apt writes it down like everything else.
    const planned = await api.post<Job & { requestId: string | null }>(`/machines/${id}/actions/apt_upgrade_plan`, {
      parameters: { mode: 'dist_upgrade' },
    });
    expect(await jobs.ended(planned)).toMatchObject({ status: 'ok' });
    const { requestId } = await api.get<{ requestId: string }>(`/jobs/${planned.id}`);
    const request = await api.get<{ planDigest: string }>(`/requests/${requestId}`);
    const run = await api.post<Job>(`/requests/${requestId}/confirm`, { digest: request.planDigest, accepted: [] });
    expect(await jobs.ended(run, 170_000)).toMatchObject({ status: 'ok' });
    await analyse(id);
    expect(await external(id)).toHaveLength(known);
    const [ours, ...more] = await changesOf('fleet-guard', id);
    expect(ours).toMatchObject({ mode: 'manual', actor: 'ada', jobId: run.id });
    expect(more).toEqual([]);
  });

  it.each([
    ['Debian 12', 2],
    ['Debian 13', 3],
  ])('are not ours, though they come while a run of ours is at work: %s', async (_name, index) => {
    const machine = machines[index];
    if (machine === undefined) throw new Error('there is no such machine');
    fleet('reset', machine.name);
    fleet('scenario', machine.name, 'plain', 'security', 'new-dependency');
    shell(machine, 'apt-get -q update && cd /root && apt-get -q download fleet-lib2');
    const upgrades = new Upgrades(api, dataSource);
    const id = await api.enrol(machine);
    const request = await upgrades.plan(id, { mode: 'upgrade', scope: 'packages', packages: ['fleet-plain'] });
    // Somebody else comes just ahead of our download, and another right after our install: for a package of their own, and to
    // take back what we have done.
    wrapCommand(
      machine,
      'apt-get',
      `case " $* " in
         *' --download-only '*)
           [ -e /root/came ] || { : >/root/came; sudo -u ops sudo /usr/bin/apt-get -q -y --only-upgrade install fleet-guard; } ;;
         *guard*)
           /usr/bin/apt-get "$@" || exit
           rm /usr/local/bin/apt-get
           dpkg -i /root/fleet-lib2*.deb
           exec /usr/bin/apt-get -q -y --allow-downgrades install fleet-plain=1.0 3>&- ;;
       esac`,
    );
    const job = await upgrades.run(request);
    expect(job).toMatchObject({ status: 'ok', errorKind: null });
    expect(versionOf(machine, 'fleet-plain')).toBe('1.0');
    const { result } = await api.get<{ result: { document: AptUpgradeResult } }>(`/executions/${job.id}`);
    const { packages, counts, changed_by_others: others } = result.document;
    expect(packages).toMatchObject([
      { name: 'fleet-plain', operation: 'upgraded', from_version: '1.0', to_version: '1.1', as_planned: true },
    ]);
    expect(counts).toMatchObject({ upgraded: 1, planned: 1, as_planned: 1, unplanned: 0 });
    expect(others).toMatchObject([
      { name: 'fleet-guard', operation: 'upgraded', source: 'apt', actor: 'ops' },
      { name: 'fleet-lib2', operation: 'installed', to_version: '2.0', source: 'dpkg', actor: 'root', command: null },
      { name: 'fleet-plain', operation: 'downgraded', from_version: '1.1', to_version: '1.0', source: 'apt' },
    ]);
    expect(await upgrades.applied(job.id)).toEqual([{ operation: 'upgraded', name: 'fleet-plain', to_version: '1.1' }]);
    const told = 'As planned: 1 of 1. Changed without being planned: 0. Changed meanwhile by others: 3.';
    const events = await api.get<{ items: TimelineEvent[] }>(`/machines/${id}/events?limit=100`);
    expect(events.items.map(({ message }) => message)).toContainEqual(expect.stringContaining(told));
    expect(await reportOf(job.id)).toMatch(/## Changed by others[^#]*fleet-lib2/);

    await analyse(id);
    // The machine's logs tell seconds: within one, either may stand first.
    const both = (await changesOf('fleet-plain', id)).toSorted((a, b) => a.operation.localeCompare(b.operation));
    expect(both).toMatchObject([
      { operation: 'downgraded', mode: 'external' },
      { operation: 'upgraded', mode: 'manual', actor: 'ada', jobId: job.id },
    ]);
    expect(await changesOf('fleet-guard', id)).toMatchObject([{ mode: 'external', actor: 'ops', jobId: null }]);
    const known = (await external(id)).length;
    await analyse(id);
    expect(await external(id)).toHaveLength(known);
    expect(await changesOf('fleet-guard', id)).toHaveLength(1);
  });

  it('are asked for by a name, and by nothing else', async () => {
    await expect(api.get('/package-changes')).rejects.toThrow('400');
    await expect(api.get('/package-changes?name=$(id)')).rejects.toThrow('400');
    expect((await api.get<{ items: Change[] }>('/package-changes?name=openssl&limit=1')).items).toHaveLength(1);
  });
});
