import { noHosts } from '../../../../test/support/own-hosts';
import { Contracts } from '../../../kernel/contracts/contracts';
import type { ChangePlan, FinishedChange } from '../../jobs/actions/change-action';
import type { CollectedSection } from '../../jobs/actions/job-action';
import {
  APT_REPAIR_PLAN,
  APT_REPAIR_RESULT,
  APT_REPAIR_RESULT_IMPORTANT,
  importantRepair,
  type AptRepairPlan,
  type AptRepairResult,
} from '../contracts/apt-repair.v4';
import { capturedChange, finishedRun, planningRun, RUN_ID } from '../fixtures/captured-change';
import { AptRepairAction } from '../actions/apt-repair.action';
import { repairPlan } from './repair-plan';
import { repairResult, repairVerdict } from './repair-result';

const suites = ['bookworm', 'trixie'] as const;
const contracts = new Contracts();
contracts.register(APT_REPAIR_PLAN, APT_REPAIR_RESULT, APT_REPAIR_RESULT_IMPORTANT);

const said = (stdout: string, more: Partial<CollectedSection> = {}): CollectedSection => ({
  stdout,
  stderr: '',
  exitCode: 0,
  truncated: false,
  ...more,
});

function planned(sections: ReadonlyMap<string, CollectedSection>): ChangePlan & { readonly details: AptRepairPlan } {
  const outcome = repairPlan(planningRun(sections), noHosts);
  if (outcome.kind !== 'planned') throw new Error(`no plan: ${JSON.stringify(outcome)}`);
  contracts.document(APT_REPAIR_PLAN.name, outcome.plan.details);
  return outcome.plan as ChangePlan & { readonly details: AptRepairPlan };
}

function resultOf(
  sections: ReadonlyMap<string, CollectedSection>,
  more: Partial<FinishedChange> = {},
): AptRepairResult {
  const result = repairResult(finishedRun(sections, more), planned(sections).details, RUN_ID);
  contracts.document(APT_REPAIR_RESULT.name, result);
  contracts.document(APT_REPAIR_RESULT_IMPORTANT.name, importantRepair(result));
  return result;
}

describe.each(suites)('a repair on %s', (suite) => {
  const captured = (state: string): Map<string, CollectedSection> => capturedChange(`repair/${suite}-${state}`);
  const verdicts = (state: string): string[] =>
    planned(captured(state)).checks.map(({ code, verdict }) => `${code} ${verdict}`);

  it('of a dpkg run that was cut off finishes it, and proves that all is whole', () => {
    const plan = planned(captured('interrupted'));
    expect(plan).toMatchObject({
      summary: 'To finish: 1, to change: 0, of these to remove: 0.',
      risk: 'medium',
      consequences: [],
      details: {
        journal: true,
        unfinished: [{ line: 'configure fleet-slow 1.1', name: 'fleet-slow', version: '1.1' }],
        packages: [],
        no_remove: true,
      },
    });
    expect(plan.lines).toEqual(expect.arrayContaining(['journal finish', 'configure fleet-slow 1.1']));
    expect(verdicts('interrupted').slice(0, 4)).toEqual([
      'journal warning',
      'dpkg warning',
      'dependencies warning',
      'locks ok',
    ]);
    const result = resultOf(captured('interrupted'));
    expect(result).toMatchObject({ whole: true, complaints: [], unfinished: [{ finished: true }], errors: [] });
    expect(repairVerdict(result)).toEqual({
      status: 'ok',
      summary: 'Repaired: dpkg and apt find everything whole.',
    });
  });

  it('of a half configured package configures it', () => {
    expect(planned(captured('half-configured')).details).toMatchObject({
      journal: false,
      unfinished: [{ name: 'fleet-plain' }],
    });
    expect(resultOf(captured('half-configured'))).toMatchObject({ whole: true, unfinished: [{ finished: true }] });
  });

  it('of an unmet dependency asks for the removal that it takes, and does it', () => {
    expect(planned(captured('unmet-dependency'))).toMatchObject({
      risk: 'high',
      consequences: [{ code: 'removals', sentence: 'These packages are removed: fleet-broken.' }],
      details: { no_remove: false, packages: [{ line: 'remove fleet-broken 1.0 -', operation: 'remove' }] },
    });
    const result = resultOf(captured('unmet-dependency'));
    expect(result).toMatchObject({ whole: true, counts: { removed: 1, planned: 1, as_planned: 1 } });
    expect(repairVerdict(result)).toMatchObject({ status: 'ok' });
  });

  it('that a failing script keeps from working is no success', () => {
    const result = resultOf(captured('failing-script'));
    expect(result).toMatchObject({
      whole: false,
      unfinished: [{ name: 'fleet-failing', finished: false }],
      errors: [{ kind: 'maintainer_script_failed', subject: 'fleet-failing' }],
    });
    expect(result.audit?.length).toBeGreaterThan(0);
    expect(result.complaints?.join(' ')).toContain('fleet-failing');
    expect(repairVerdict(result)).toMatchObject({
      status: 'error',
      summary: 'Not everything is whole yet: fleet-failing.',
      error: { kind: 'maintainer_script_failed' },
    });
  });

  it('is judged by the look afterwards, not by its exit code', () => {
    const sections = captured('failing-script');
    const result = resultOf(sections, { exitCode: 0, log: '' });
    expect(result.errors).toEqual([]);
    expect(repairVerdict(result)).toMatchObject({ status: 'error', error: { kind: 'packages_broken' } });
    sections.delete('fact.whole');
    expect(repairVerdict(resultOf(sections, { exitCode: 0, log: '' }))).toMatchObject({
      status: 'error',
      error: { kind: 'answer_incomplete' },
    });
  });

  it('sets back marks that a run that was cut off has lost, though all else is whole', () => {
    const sections = captured('clean');
    const lines = sections.get('repair_lines')?.stdout ?? '';
    sections.set('repair_lines', said(`${lines}auto fleet-plain\nauto fleet-slow\n`));
    expect(planned(sections)).toMatchObject({
      summary: 'To finish: 0, to change: 0, of these to remove: 0. Marks to set back: 2.',
      details: { unfinished: [], packages: [], auto_marks: ['fleet-plain', 'fleet-slow'] },
    });
    expect(planned(sections).checks).toContainEqual(
      expect.objectContaining({ code: 'auto_marks', verdict: 'warning' }),
    );
    sections.set('fact.auto_marks', said('kept\tfleet-plain\nlost\tfleet-slow\n'));
    const after = captured('half-configured');
    for (const [name, section] of after)
      if (/^(?:fact|log)/.test(name) && !sections.has(name)) sections.set(name, section);
    const result = resultOf(sections);
    expect(result.auto_marks).toEqual({ kept: ['fleet-plain'], lost: ['fleet-slow'] });
    expect(repairVerdict(result)).toMatchObject({ status: 'warning' });
    // The plan names marks, and nothing tells what became of them.
    expect(result.not_measured).not.toContainEqual(expect.objectContaining({ fact: 'auto_marks' }));
    sections.delete('fact.auto_marks');
    expect(resultOf(sections)).toMatchObject({ auto_marks: null });
    expect(resultOf(sections).not_measured).toContainEqual({ fact: 'auto_marks', reason: 'not_kept' });
  });

  it('that is needless is no plan', () => {
    expect(repairPlan(planningRun(captured('clean')), noHosts)).toEqual({
      kind: 'nothing',
      summary: 'Nothing to repair: dpkg and apt find everything whole.',
    });
  });

  it('that nobody knows is no plan, and never "nothing to repair"', () => {
    const sections = captured('clean');
    sections.set('repair_whole', said('', { exitCode: 100, stderr: 'E: Something else is wrong\n' }));
    expect(repairPlan(planningRun(sections), noHosts)).toMatchObject({
      kind: 'failed',
      failure: { kind: 'unknown', message: expect.stringContaining('Something else is wrong') as string },
    });
  });

  it('is blocked while another package manager works', () => {
    expect(verdicts('lock')).toContain('locks blocked');
    const busy = captured('half-configured');
    busy.set('co_managers', said('process=dpkg\t/proc/1/comm\n'));
    expect(planned(busy).checks).toContainEqual(expect.objectContaining({ code: 'updaters', verdict: 'blocked' }));
    const met = resultOf(captured('lock'));
    expect(met.errors[0]).toMatchObject({ kind: 'apt_lock_busy' });
    expect(repairVerdict(met)).toMatchObject({ error: { kind: 'apt_lock_busy' } });
  });

  it('waits for a backup on a Proxmox host: it is not planned into one, and one that comes meanwhile ends it untouched', () => {
    const sections = captured('half-configured');
    const check = (answer: CollectedSection | null): string | undefined => {
      if (answer === null) sections.delete('plan_backups');
      else sections.set('plan_backups', answer);
      return planned(sections).checks.find(({ code }) => code === 'backups')?.verdict;
    };
    expect(check(said('proxmox=no\n'))).toBeUndefined();
    expect(check(said('proxmox=yes\n'))).toBe('ok');
    expect(check(said('proxmox=yes\nbackup=/proc/7/comm\n'))).toBe('blocked');
    expect(check(null)).toBe('unknown');
    sections.set('fact.refused.backup', said('proxmox=yes\nbackup=/proc/7/comm\n'));
    sections.delete('fact.whole');
    const refused = finishedRun(sections, { exitCode: 75, log: '' });
    const context = { plan: planned(sections).details, jobId: RUN_ID } as never;
    const action = new AptRepairAction(...([] as unknown as ConstructorParameters<typeof AptRepairAction>));
    expect(action.collect(refused, context)).toMatchObject({
      ...{ status: 'error', untouched: true, failedSteps: [], furtherErrors: [] },
      ...{ error: { kind: 'backup_running' }, result: { errors: [], whole: null } },
    });
  });

  const look = (sections: Map<string, CollectedSection>, more: Readonly<Record<string, string>>): ChangePlan => {
    const blocks = '/dev/sda1 1000000 1000 900000 1% /';
    const answers = {
      environment:
        'now=1769940000\nkernel_release=6\nkernel_version=6\narchitecture=amd64\nforeign_architectures=\nsystemd=no\n',
      plan_clock: '1769940000\n',
      plan_records: 'P\tfleet-lib1\t1.1\tall\t100\t1\t\n',
      plan_installed: '',
      plan_archives: 'complete\n',
      space: `blocks\t/\t${blocks}\ninodes\t/\t/dev/sda1 1000 10 990 1% /\n`,
      ...more,
    };
    for (const [name, text] of Object.entries(answers)) sections.set(name, said(text));
    return planned(sections);
  };
  const verdictsOf = ({ checks }: ChangePlan): Record<string, string> =>
    Object.fromEntries(checks.map(({ code, verdict }) => [code, verdict]));
  /** One that brings a dependency. */
  const bringing = (): Map<string, CollectedSection> => {
    const sections = captured('half-configured');
    const simulated = sections.get('repair_simulation')?.stdout ?? '';
    const lines = sections.get('repair_lines')?.stdout ?? '';
    sections.set(
      'repair_simulation',
      said(`${simulated.replace('0 newly', '1 newly')}Inst fleet-lib1 (1.1 Fleet:stable [all])\n`),
    );
    sections.set('repair_lines', said(`${lines}install fleet-lib1:all - 1.1 Fleet:stable\n`));
    return sections;
  };

  it('that brings packages looks at room, clock and lists before it, as an upgrade does', () => {
    const calm = look(bringing(), {});
    expect(verdictsOf(calm)).toMatchObject({ space: 'ok', inodes: 'ok', clock: 'ok' });
    expect(calm.details).toMatchObject({ packages: [{ name: 'fleet-lib1', download_bytes: 100, disk_bytes: 1024 }] });
    expect(verdictsOf(look(bringing(), { plan_archives: 'missing\tx.deb\t990000000\n' }))).toMatchObject({
      space: 'blocked',
    });
    expect(verdictsOf(look(bringing(), { plan_clock: '1769950000\n' }))).toMatchObject({ clock: 'warning' });
    expect(verdictsOf(calm)).toHaveProperty('index');
    expect(verdictsOf(look(bringing(), { space: 'df: nothing' }))).toMatchObject({ space: 'unknown' });
  });

  it('that brings nothing needs no lists, and says where dpkg has no room for its own', () => {
    const calm = verdictsOf(look(captured('half-configured'), {}));
    expect(calm).toMatchObject({ space: 'ok', inodes: 'ok' });
    expect(calm).not.toHaveProperty('clock');
    expect(calm).not.toHaveProperty('index');
    const full = 'blocks\t/\t/dev/sda1 1000000 1000000 0 100% /\ninodes\t/\t/dev/sda1 1000 1000 0 100% /\n';
    expect(verdictsOf(look(captured('half-configured'), { space: full }))).toMatchObject({
      space: 'warning',
      inodes: 'blocked',
    });
  });

  it('that was done by somebody else meanwhile changes nothing', () => {
    const result = resultOf(captured('drift'));
    expect(result).toMatchObject({ ending: 'drifted', whole: null, errors: [] });
    expect(repairVerdict(result)).toMatchObject({ error: { kind: 'plan_drifted' } });
  });

  it('that would do more than was confirmed ends before it does, and tells what is left', () => {
    const result = resultOf(captured('differs'));
    expect(result).toMatchObject({
      exit_code: 65,
      whole: false,
      unfinished: [{ name: 'fleet-plain', finished: true }],
      errors: [{ kind: 'repair_differs' }],
    });
    expect(result.complaints?.join(' ')).toContain('fleet-lib1');
    expect(repairVerdict(result)).toMatchObject({ status: 'error', error: { kind: 'repair_differs' } });
  });

  it.each(['repair_simulation', 'repair_lines'])('is never planned by a damaged %s', (name) => {
    const sections = captured('unmet-dependency');
    const whole = sections.get(name)?.stdout ?? '';
    sections.set(name, said(whole.replace(/^(Remv|remove) .*\n/m, '')));
    expect(repairPlan(planningRun(sections), noHosts)).toMatchObject({ failure: { kind: 'answer_unreadable' } });
  });
});
