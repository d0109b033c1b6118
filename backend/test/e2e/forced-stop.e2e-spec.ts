import { EnrolledMachines } from '../support/enrolled-machines';
import { eventually } from '../support/eventually';
import type { Job } from '../support/machine-jobs';
import { fleet, type RealMachine } from '../support/real-machines';

const PACKAGE = 'fleet-slow';
const PIDFILE = '/var/tmp/fleet-daemon';

/** What the package's script does with its first pause: it restarts a daemon, and then waits for ever, deaf to TERM. */
const HANG = `#!/bin/sh
if [ "\${DPKG_MAINTSCRIPT_NAME-}" = postinst ] && [ ! -e ${PIDFILE} ]; then
  start-stop-daemon --start --background --make-pidfile --pidfile ${PIDFILE} --exec /usr/bin/sleep.real -- 900
  trap '' TERM
  printf 'waiting for an answer'
  exec /usr/bin/sleep.real 900
fi
exec /usr/bin/sleep.real "$@"
`;

interface Running extends Job {
  readonly step: string | null;
  readonly mayBeForced: boolean;
}

const shell = ({ name }: RealMachine, command: string): string => fleet('exec', name, 'sh', '-c', command).trim();
const stateOf = (machine: RealMachine): string => shell(machine, `dpkg-query -W -f '\${db:Status-Abbrev}' ${PACKAGE}`);
const automatic = ({ name }: RealMachine): string => fleet('exec', name, 'apt-mark', 'showauto', PACKAGE).trim();
/** Seen from beside SSH: those of the run but for the daemon, which has its mark too. */
const processesOf = (machine: RealMachine, jobId: string): string =>
  shell(
    machine,
    `grep -ls SU_DETACHED=${jobId} /proc/[0-9]*/environ | cut -d/ -f3 | grep -vx "$(cat ${PIDFILE})" || true`,
  );

/** On machines of every kind. */
describe('an upgrade whose maintainer script hangs', () => {
  let machines: EnrolledMachines;

  beforeAll(async () => {
    machines = await EnrolledMachines.open();
    await machines.renew('slow-script');
    // apt gives scripts a PATH of its own, so the command itself is another one until the machine is reset.
    const replace = 'mv /usr/bin/sleep /usr/bin/sleep.real; printf %s "$1" >/usr/bin/sleep; chmod 755 /usr/bin/sleep';
    for (const { machine } of machines.all) fleet('exec', machine.name, 'sh', '-c', replace, 'sh', HANG);
  }, 300_000);
  afterAll(() => machines.close(), 120_000);

  it('is ended by force: nothing of it lives, the daemon does, and the repair that is offered mends it', async () => {
    const { api, jobs, upgrades, changes } = machines;
    await machines.everywhere(async ({ machine, id }) => {
      fleet('exec', machine.name, 'apt-mark', 'auto', PACKAGE);
      const chosen = { mode: 'upgrade', scope: 'packages', packages: [PACKAGE] };
      const job = await upgrades.confirm(await upgrades.plan(id, chosen));
      await eventually(
        () => shell(machine, `ls ${PIDFILE} 2>/dev/null || true`),
        (found) => found === PIDFILE,
        90_000,
        500,
      );
      const hanging = await eventually(
        () => api.get<Running>(`/jobs/${job.id}`),
        ({ step }) => step === 'install',
      );
      expect(hanging.mayBeForced).toBe(true);
      expect(processesOf(machine, job.id)).not.toBe('');
      // apt has written that down before dpkg began.
      expect(automatic(machine)).toBe('');
      // Cancelling changes nothing: dpkg is at work.
      await api.post(`/jobs/${job.id}/cancel`);
      const ask = { machineName: machine.name, reason: 'its script waits for ever' };
      await expect(api.post(`/jobs/${job.id}/force-stop`, { ...ask, machineName: 'other' })).rejects.toThrow(
        'machineName',
      );
      await expect(api.post(`/jobs/${job.id}/force-stop`, { ...ask, reason: ' ' })).rejects.toThrow('reason');
      await api.post(`/jobs/${job.id}/force-stop`, ask);

      const ended = await jobs.ended(job, 90_000);
      expect(ended).toMatchObject({ status: 'error', errorKind: 'interrupted' });
      expect(ended.errorMessage).toContain(ask.reason);
      expect(processesOf(machine, job.id)).toBe('');
      expect(shell(machine, `kill -0 "$(cat ${PIDFILE})" && echo alive`)).toBe('alive');
      expect(stateOf(machine)).toMatch(/^iF/);
      const { result } = await api.get<{ result: { document: object } }>(`/executions/${job.id}`);
      expect(result.document).toMatchObject({ ending: 'interrupted', auto_marks: { kept: [PACKAGE], lost: [] } });
      expect(automatic(machine)).toBe(PACKAGE);
      await expect(api.post(`/jobs/${job.id}/force-stop`, ask)).rejects.toThrow('job_already_ended');

      const kinds = await api.get<{ kind: string; action: string | null }[]>('/error-kinds');
      const [error] = await upgrades.errors(job.id);
      expect(kinds.find(({ kind }) => kind === error?.kind)?.action).toBe('apt_repair');
      // What it printed last, though it ended no line.
      expect(error?.lines.at(-1)).toMatch(/^waiting for an answer/);
      const repair = await changes.plan<{ auto_marks: string[] }>(id, 'apt_repair');
      expect(repair.plan.details.document.auto_marks).toEqual([]);
      expect(await changes.run(repair)).toMatchObject({ status: 'ok' });
      expect(stateOf(machine)).toMatch(/^ii/);
      expect(automatic(machine)).toBe(PACKAGE);
      expect(shell(machine, `kill -0 "$(cat ${PIDFILE})" && echo alive`)).toBe('alive');
    });
  }, 300_000);
});
