import { noHosts } from '../../../../test/support/own-hosts';
import { Contracts } from '../../../kernel/contracts/contracts';
import type { ChangePlan } from '../../jobs/actions/change-action';
import type { CollectedSection } from '../../jobs/actions/job-action';
import {
  APT_AUTOREMOVE_PLAN,
  APT_AUTOREMOVE_RESULT,
  APT_AUTOREMOVE_RESULT_IMPORTANT,
  type AptAutoremovePlan,
} from '../contracts/apt-autoremove.v3';
import { importantUpgrade, type AptRunResult } from '../contracts/apt-upgrade-result.v5';
import { capturedChange, finishedRun, planningRun, RUN_ID } from '../fixtures/captured-change';
import { runResult, verdictOf } from '../upgrade/upgrade-result';
import { autoremovePlan } from './autoremove-plan';

const contracts = new Contracts();
contracts.register(APT_AUTOREMOVE_PLAN, APT_AUTOREMOVE_RESULT, APT_AUTOREMOVE_RESULT_IMPORTANT);

type Sections = Map<string, CollectedSection>;

function planned(sections: Sections): ChangePlan & { readonly details: AptAutoremovePlan } {
  const outcome = autoremovePlan(planningRun(sections), noHosts);
  if (outcome.kind !== 'planned') throw new Error(`no plan: ${JSON.stringify(outcome)}`);
  contracts.document(APT_AUTOREMOVE_PLAN.name, outcome.plan.details);
  return outcome.plan as ChangePlan & { readonly details: AptAutoremovePlan };
}

function resultOf(sections: Sections): AptRunResult {
  const result = runResult(finishedRun(sections), planned(sections).details, RUN_ID);
  contracts.document(APT_AUTOREMOVE_RESULT.name, result);
  contracts.document(APT_AUTOREMOVE_RESULT_IMPORTANT.name, importantUpgrade(result));
  return result;
}

function replaced(sections: Sections, name: string, change: (text: string) => string): Sections {
  const section = sections.get(name);
  if (section === undefined) throw new Error(`there is no section ${name}`);
  return new Map([...sections, [name, { ...section, stdout: change(section.stdout) }]]);
}

describe.each(['bookworm', 'trixie'])('removing what nothing needs on %s', (suite) => {
  const captured = (state: string): Sections => capturedChange(`autoremove/${suite}-${state}`);

  it('keeps every kernel while the newest is not running, each with its reason', () => {
    const plan = planned(captured('not-booted'));
    expect(plan).toMatchObject({
      summary: 'To remove: 1 (fleet-orphan).',
      consequences: [{ code: 'removals', sentence: 'These packages are removed: fleet-orphan.' }],
      details: {
        packages: [{ line: 'remove fleet-orphan 1.0 -', arch: 'all', disk_bytes: -24 * 1024, source: 'fleet-orphan' }],
        kept: [
          { name: 'linux-image-6.1.0-2-fleet', version: '6.1.0-2', reason: 'kernel_not_booted' },
          { name: 'linux-image-6.1.0-1-fleet', version: '6.1.0-1', reason: 'kernel_running' },
          { name: 'linux-image-6.1.0-10-fleet', version: '6.1.0-10', reason: 'kernel_newest' },
          { name: 'linux-image-6.1.0-9-fleet', version: '6.1.0-9', reason: 'kernel_not_booted' },
        ],
        disk_bytes: -24 * 1024,
        running_kernel: '6.1.0-1-fleet',
      },
    });
    expect(plan.lines).toContain('keep linux-image-6.1.0-2-fleet kernel_not_booted');
    expect(plan.checks).toContainEqual(expect.objectContaining({ code: 'kernels', verdict: 'warning' }));
  });

  it('lets an old kernel go once the newest is running, never the newest or one that apt keeps', () => {
    const plan = planned(captured('booted'));
    expect(plan.details).toMatchObject({
      packages: [{ name: 'linux-image-6.1.0-2-fleet' }],
      running_kernel: '6.1.0-10-fleet',
    });
    expect(plan.details.kept.map(({ name, reason }) => `${name} ${reason}`)).toEqual([
      'linux-image-6.1.0-1-fleet kept_by_apt',
      'linux-image-6.1.0-10-fleet kernel_running',
      'linux-image-6.1.0-9-fleet kept_by_apt',
    ]);
    expect(plan.checks).toContainEqual(expect.objectContaining({ code: 'kernels', verdict: 'ok' }));
  });

  it.each(['not-booted', 'booted'])('does what was planned (%s)', (state) => {
    const result = resultOf(captured(state));
    expect(result).toMatchObject({
      counts: { removed: 1, planned: 1, as_planned: 1, unplanned: 0 },
      packages: [{ operation: 'removed', as_planned: true }],
      errors: [],
    });
    expect(verdictOf(result)).toEqual({ status: 'ok', summary: 'As planned: 1 of 1.' });
  });

  it('is no plan where only kernels could go that must stay', () => {
    expect(autoremovePlan(planningRun(captured('nothing')), noHosts)).toMatchObject({
      kind: 'nothing',
      summary: expect.stringContaining('Nothing to remove. Kernels that stay: linux-image-6.1.0-2-fleet') as string,
    });
    const none = replaced(captured('nothing'), 'autoremove_kept', () => '');
    expect(autoremovePlan(planningRun(none), noHosts)).toMatchObject({
      summary: 'Nothing to remove: everything is needed.',
    });
  });

  it('is blocked by a package that is not whole', () => {
    const broken = replaced(captured('booted'), 'dpkg_state', (text) => `${text}broken\tiF \tfleet-slow\t1.1\tall\n`);
    expect(planned(broken).checks).toContainEqual(expect.objectContaining({ code: 'dpkg', verdict: 'blocked' }));
  });

  it.each([
    ['a removal that is in one list only', 'autoremove_lines', (text: string) => text.replace(/^remove .*\n/m, '')],
    ['an unknown reason', 'autoremove_kept', (text: string) => text.replace('kernel_running', 'because')],
    ['an unknown size', 'autoremove_sizes', (text: string) => text.replace(/\t100\t/, '\tbig\t')],
    [
      'something that is no removal',
      'autoremove_lines',
      (text: string) => text.replace(/^remove \S+ (\S+) -/m, 'upgrade x:all $1 2 Debian'),
    ],
  ])('is never planned by %s', (_name, section, change) => {
    const damaged = replaced(captured('booted'), section, change);
    expect(autoremovePlan(planningRun(damaged), noHosts)).toMatchObject({ failure: { kind: 'answer_unreadable' } });
  });
});
