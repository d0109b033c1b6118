import type { ApiClient } from '../support/api-client';
import { EnrolledMachines } from '../support/enrolled-machines';
import type { MachineJobs } from '../support/machine-jobs';
import { fleet, wrapCommand } from '../support/real-machines';
import { inventoryOf, prepared, versionOf, type Upgrades } from '../support/upgrades';

/** Upgrades of machines of every kind that are not what their plan was made for, or of which no plan can be made. */
describe('an upgrade', () => {
  let machines: EnrolledMachines;
  let api: ApiClient;
  let jobs: MachineJobs;
  let upgrades: Upgrades;

  beforeAll(async () => {
    machines = await EnrolledMachines.open();
    ({ api, jobs, upgrades } = machines);
  }, 300_000);
  beforeEach(() => machines.renew(), 60_000);
  afterAll(() => machines.close(), 120_000);

  it('ends without a change when somebody refreshed the lists since it was confirmed, and shows the difference', async () => {
    await machines.everywhere(async ({ machine, id }) => {
      await prepared(machine, 'plain');
      const request = await upgrades.plan(id, { mode: 'upgrade' });
      await prepared(machine, 'plain', 'later');
      const before = inventoryOf(machine);
      const job = await upgrades.run(request);
      expect(job).toMatchObject({ status: 'error', errorKind: 'plan_drifted' });
      expect(await upgrades.result(job)).toMatchObject({
        drift: {
          missing: ['upgrade fleet-plain:all 1.0 1.1 Fleet:stable-updates'],
          added: ['upgrade fleet-plain:all 1.0 1.2 Fleet:stable-updates'],
        },
      });
      expect(inventoryOf(machine)).toBe(before);
    });
  });

  it('ends without a change when the lists are refreshed between the last look and the work of apt itself', async () => {
    await machines.everywhere(async ({ machine, id }) => {
      await prepared(machine, 'plain');
      const request = await upgrades.plan(id, { mode: 'upgrade' });
      // Only before the install itself: the analysis that follows the run of the test before may still be at work.
      wrapCommand(
        machine,
        'apt-get',
        `case " $* " in
          *" -s "* | *" --print-uris "* | *" --download-only "*) ;;
          *" upgrade "*) sed -i 's/^Suites: plain$/Suites: later/' /etc/apt/sources.list.d/fleet.sources && /usr/bin/apt-get -q update ;;
        esac`,
      );
      const before = inventoryOf(machine);
      const job = await upgrades.run(request);
      expect(inventoryOf(machine)).toBe(before);
      expect(job).toMatchObject({ status: 'error', errorKind: 'plan_drifted' });
      expect(await upgrades.result(job)).toMatchObject({
        counts: { unchanged: 1, upgraded: 0 },
        drift: {
          missing: ['upgrade fleet-plain:all 1.0 1.1 Fleet:stable-updates'],
          added: ['upgrade fleet-plain:all 1.0 1.2'],
        },
      });
    });
  });

  it('cannot be confirmed where dpkg was interrupted before, and is not planned where dependencies are broken', async () => {
    await machines.everywhere(async ({ machine, id }) => {
      await prepared(machine, 'interrupted', 'plain');
      const request = await upgrades.plan(id, { mode: 'upgrade' });
      expect(request).toMatchObject({ blocked: true });
      await expect(upgrades.run(request)).rejects.toThrow(/40\d|422/);
      expect(versionOf(machine, 'fleet-plain')).toBe('1.0');
      fleet('reset', machine.name);
      await prepared(machine, 'unmet-dependency', 'plain');
      expect(await upgrades.planJob(id, { mode: 'upgrade' })).toMatchObject({
        status: 'error',
        errorKind: 'unmet_dependencies',
        requestId: null,
      });
    });
  });

  it.each([
    ['repo-expired', 'repo_release_expired'],
    ['repo-key-expired', 'repo_key_expired'],
  ])('is planned from the repositories that can be trusted where one is %s', async (state, kind) => {
    await machines.everywhere(async ({ machine, id }) => {
      fleet('scenario', machine.name, state, 'plain');
      expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({
        snapshotId: expect.any(String) as string,
      });
      const { errors } = await api.get<{ errors: { kind: string; remediation: string }[] }>(`/machines/${id}/apt`);
      expect(errors).toContainEqual(
        expect.objectContaining({ kind, remediation: expect.stringMatching(/\.$/) as string }),
      );
      const { plan } = await upgrades.plan(id, { mode: 'upgrade' });
      expect(plan.details.document.packages.map(({ name }) => name)).toEqual(['fleet-plain']);
      expect(plan.checks).toContainEqual(expect.objectContaining({ code: 'index', verdict: 'warning' }));
    });
  });
});
