import { noHosts } from '../../../../test/support/own-hosts';
import { Contracts } from '../../../kernel/contracts/contracts';
import type { FinishedChange } from '../../jobs/actions/change-action';
import type { CollectedRun, CollectedSection } from '../../jobs/actions/job-action';
import {
  importantRestart,
  SERVICE_RESTART_PLAN,
  SERVICE_RESTART_RESULT,
  SERVICE_RESTART_RESULT_IMPORTANT,
  type ServiceRestartPlan,
} from '../contracts/service-restart.v1';
import { servicePlan } from './service-plan';
import { furtherErrors, serviceResult, serviceVerdict } from './service-result';
import { parseUnits } from './units';

const contracts = new Contracts();
contracts.register(SERVICE_RESTART_PLAN, SERVICE_RESTART_RESULT, SERVICE_RESTART_RESULT_IMPORTANT);

/** As `systemctl show` prints a unit. */
function shown(unit: string, more: Readonly<Record<string, string>> = {}): string {
  const values = {
    MainPID: '41',
    Id: unit,
    Description: 'a = b',
    LoadState: 'loaded',
    ActiveState: 'active',
    SubState: 'running',
    RefuseManualStart: 'no',
    RefuseManualStop: 'no',
    InvocationID: '0123abc',
    ...more,
  };
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

function sectionsOf(given: Readonly<Record<string, string | number>>): Map<string, CollectedSection> {
  return new Map(
    Object.entries(given).map(([name, value]) => {
      const [stdout, exitCode] = typeof value === 'string' ? [value, 0] : ['', value];
      return [name, { stdout, stderr: '', exitCode, truncated: false }];
    }),
  );
}

function planned(
  given: Readonly<Record<string, string | number>>,
  units: readonly string[] = [],
  said: Readonly<Record<string, string>> = {},
) {
  const now = new Date();
  const sections = sectionsOf({
    plan_system: 'yes\n',
    plan_needrestart: '',
    plan_vital: '',
    plan_units: '',
    plan_failed: '',
    plan_locks: '',
    plan_itself: '',
    ...given,
  });
  for (const [name, stderr] of Object.entries(said))
    sections.set(name, { stdout: '', stderr, exitCode: 1, truncated: false });
  const run: CollectedRun = {
    sections,
    exitCode: 0,
    startedAt: now,
    receivedAt: now,
    truncated: false,
    brokenBy: null,
  };
  const outcome = servicePlan(run, {
    parameters: { units },
    machineId: 'm',
    ownHosts: noHosts,
  });
  if (outcome.kind === 'planned') contracts.document(SERVICE_RESTART_PLAN.name, outcome.plan.details);
  return outcome;
}

describe('units', () => {
  it('are read block by block, aliases once', () => {
    const text = `${shown('ssh.service')}\n${shown('ssh.service')}\n${shown('a.service', { MainPID: '0', InvocationID: '' })}`;
    expect(parseUnits(text)).toMatchObject([
      { unit: 'ssh.service', main_pid: 41, invocation: '0123abc', description: 'a = b' },
      { unit: 'a.service', main_pid: null, invocation: null },
    ]);
    expect(parseUnits('')).toEqual([]);
  });

  it.each(['nonsense\n', 'Id=a.service\n', shown('a.service', { MainPID: 'x' })])('are refused as %j', (text) => {
    expect(() => parseUnits(text)).toThrow('units');
  });
});

describe('the plan of a restart of services', () => {
  const two = `${shown('a.service')}\n${shown('dbus.service')}`;

  it('names each with the invocation that would end, and leaves out what would cut off more', () => {
    const outcome = planned({
      plan_needrestart: 'a.service\ndbus.service\n',
      plan_vital: 'dbus.service\n',
      plan_units: two,
    });
    expect(outcome).toMatchObject({
      kind: 'planned',
      plan: {
        lines: ['machine m', 'restart a.service 0123abc'],
        risk: 'low',
        details: {
          units: [{ unit: 'a.service', by_needrestart: true }],
          left_out: [{ unit: 'dbus.service', reason: 'vital' }],
        },
      },
    });
    const checks = outcome.kind === 'planned' ? outcome.plan.checks : [];
    expect(checks).toContainEqual(expect.objectContaining({ code: 'left_out', verdict: 'warning' }));
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['vital', {}, 'cut off more'],
    ['dead', { ActiveState: 'inactive', SubState: 'dead' }, 'not running'],
    ['refusing', { RefuseManualStop: 'yes' }, 'refuses'],
    ['absent', { LoadState: 'not-found', ActiveState: 'inactive' }, 'There is no'],
  ])('fails for a chosen one that is %s', (what, more, words) => {
    const given = { plan_units: shown('x.service', more), plan_vital: what === 'vital' ? 'x.service\n' : '' };
    const outcome = planned(given, ['x.service']);
    expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'unit_refused' } });
    expect(outcome.kind === 'failed' && outcome.failure.message).toContain(words);
  });

  it('may be of a service that has failed', () => {
    const given = { plan_units: shown('x.service', { ActiveState: 'failed', SubState: 'failed' }) };
    expect(planned(given, ['x.service'])).toMatchObject({ kind: 'planned' });
  });

  it('is nothing where nothing is to be restarted', () => {
    expect(planned({})).toMatchObject({ kind: 'nothing', summary: 'No service needs a restart.' });
    const vital = {
      plan_needrestart: 'dbus.service\n',
      plan_vital: 'dbus.service\n',
      plan_units: shown('dbus.service'),
    };
    expect(planned(vital)).toMatchObject({ kind: 'nothing', summary: expect.stringContaining('dbus') as string });
  });

  it.each(['plan_needrestart', 'plan_units'])('of a disk that is full is told by that, not as %s', (name) => {
    const outcome = planned({}, [], { [name]: 'sh: 1: cannot create /tmp/x: No space left on device\n' });
    expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'no_space' } });
  });

  it('fails where nothing can be told', () => {
    const kind = (given: Readonly<Record<string, string | number>>, units: readonly string[] = []): unknown => {
      const outcome = planned(given, units);
      return outcome.kind === 'failed' ? outcome.failure.kind : outcome.kind;
    };
    expect(kind({ plan_system: 'no\n' })).toBe('no_systemd');
    expect(kind({ plan_needrestart: 127 })).toBe('no_needrestart');
    expect(kind({ plan_units: 'nonsense' })).toBe('answer_unreadable');
    expect(kind({ plan_needrestart: 127, plan_units: shown('a.service') }, ['a.service'])).toBe('planned');
  });
});

describe('the result of a restart of services', () => {
  const planOf = (...units: string[]) =>
    ({ units: units.map((unit) => ({ unit })), left_out: [], failed_units: [] }) as unknown as ServiceRestartPlan;
  const told = (
    facts: Readonly<Record<string, string | number>>,
    more: Partial<FinishedChange> = {},
    plan = planOf('a.service'),
  ) => {
    const run: FinishedChange = {
      ending: 'ended',
      exitCode: 0,
      startedAt: null,
      finishedAt: null,
      rebooted: false,
      sections: sectionsOf({
        before: shown('a.service'),
        failed_before: '',
        failed_after: '',
        codes: 'a.service 0\n',
        ...facts,
      }),
      log: '',
      drift: null,
      ...more,
    };
    const result = serviceResult(run, plan);
    contracts.document(SERVICE_RESTART_RESULT.name, result);
    contracts.document(SERVICE_RESTART_RESULT_IMPORTANT.name, importantRestart(result));
    const verdict = serviceVerdict(result);
    return { ...result, ...verdict, further: furtherErrors(verdict, result) };
  };
  const other = { MainPID: '99', InvocationID: 'ffff' };

  it('is proven by another invocation', () => {
    expect(told({ after: shown('a.service', other) })).toMatchObject({
      status: 'ok',
      units: [{ verdict: 'restarted', exit_code: 0, before: { main_pid: 41 }, after: { main_pid: 99 } }],
    });
  });

  it.each<[string, Readonly<Record<string, string | number>>, string]>([
    ['unchanged', { after: shown('a.service') }, 'service_not_restarted'],
    ['failed', { after: shown('a.service', { ...other, ActiveState: 'failed' }) }, 'service_failed'],
    ['unknown', { after: 1 }, 'answer_incomplete'],
  ])('is %s', (verdict, facts, kind) => {
    expect(told(facts)).toMatchObject({ units: [{ verdict }], status: 'error', error: { kind } });
  });

  it('is an error of each service by itself, and told by the worst', () => {
    const units = ['a.service', 'b.service', 'c.service', 'd.service'];
    const shownAll = (more: Readonly<Record<string, object>>) =>
      units.map((unit) => shown(unit, { ...more[unit] })).join('\n');
    const down = { ...other, ActiveState: 'failed' };
    const after = shownAll({ 'b.service': down, 'c.service': other, 'd.service': down });
    expect(told({ before: shownAll({}), after }, {}, planOf(...units))).toMatchObject({
      error: { kind: 'service_failed', subject: 'b.service', message: 'Not running any more: b.service, d.service.' },
      further: [
        { kind: 'service_failed', subject: 'd.service', message: 'Not running any more: d.service.' },
        { kind: 'service_not_restarted', subject: 'a.service' },
      ],
    });
  });

  it('is failed by the list of failed units too, which was read a moment later', () => {
    expect(told({ after: shown('a.service', other), failed_after: 'a.service\n' })).toMatchObject({
      units: [{ verdict: 'failed' }],
      error: { kind: 'service_failed' },
    });
  });

  it('warns of another service that has failed since', () => {
    expect(told({ after: shown('a.service', other), failed_after: 'b.service\n' })).toMatchObject({
      status: 'warning',
      new_failed_units: ['b.service'],
    });
  });

  it('is none of a run that did not come to it', () => {
    expect(told({}, { ending: 'drifted' })).toMatchObject({ error: { kind: 'plan_drifted' } });
    expect(told({}, { ending: 'stopped' })).toMatchObject({ status: 'warning' });
    expect(told({}, { ending: 'interrupted', exitCode: null })).toMatchObject({ error: { kind: 'interrupted' } });
  });
});
