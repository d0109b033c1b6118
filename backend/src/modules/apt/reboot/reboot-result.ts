import { quoted, type Sentence } from '../../../kernel/sentences/sentences';
import type { FinishedChange } from '../../jobs/actions/change-action';
import type { RunFailure } from '../../jobs/actions/job-action';
import { say } from '../apt.sentences';
import type { RebootPlan } from '../contracts/reboot-plan.v1';
import { REBOOT_REFUSERS, type RebootOutcome, type RebootResult } from '../contracts/reboot-result.v1';
import { linesOf, readable } from '../parsers/parse-error';
import { heldLock } from '../upgrade/preflight';
import { bootFacts, storedBoot, type DatedBoot } from './boot-facts';
import { hostRefusal, type HostRefusal } from './host-refusal';
import { blockersOf, parseInhibitors } from './inhibitors';

/** systemd's words for a machine that has not finished starting. */
const STARTING: ReadonlySet<string> = new Set(['initializing', 'starting']);
const SAID_MAX = 300;

/** What a restart came to, from its facts. Pure; never a guess: what proves nothing is no outcome. */
export function rebootResult(run: FinishedChange, plan: RebootPlan): RebootResult {
  const before = bootFacts(run.sections, 'before', 'failed_before');
  const after = bootFacts(run.sections, 'after', 'failed_after');
  const newlyFailed = difference(after, before?.failed_units ?? plan.failed_units);
  const refusal = refusalOf(run);
  return {
    ending: run.ending,
    outcome: refusal === null ? outcomeOf(run, plan, after, newlyFailed) : 'refused',
    refusal,
    silence: null,
    rebooted: run.rebooted,
    before: storedBoot(before),
    after: storedBoot(after),
    expected_kernel: plan.expected_kernel,
    new_failed_units: newlyFailed,
    drift: run.drift === null ? null : { missing: [...run.drift.missing], added: [...run.drift.added] },
  };
}

/** Of a machine that was silent for too long, or is not provably itself any more. */
export function lostResult({ message }: RunFailure, plan: RebootPlan): RebootResult {
  const { boot, running_kernel, uptime_seconds, failed_units } = plan;
  return {
    ending: 'interrupted',
    outcome: 'not_back',
    refusal: null,
    silence: message,
    rebooted: false,
    before: { boot, kernel: running_kernel, uptime_seconds, system: null, failed_units },
    after: null,
    expected_kernel: plan.expected_kernel,
    new_failed_units: null,
    drift: null,
  };
}

function outcomeOf(
  run: FinishedChange,
  plan: RebootPlan,
  after: DatedBoot | null,
  newlyFailed: readonly string[] | null,
): RebootOutcome | null {
  if (run.ending === 'drifted' || run.ending === 'stopped') return null;
  if (!run.rebooted) return 'not_rebooted';
  if (after === null || (newlyFailed === null && after.system !== null)) return null;
  if (plan.expected_kernel !== null && after.kernel !== plan.expected_kernel) return 'old_kernel';
  return (newlyFailed ?? []).length > 0 || isStarting(after) ? 'degraded' : 'verified';
}

export function isStarting({ system }: Pick<DatedBoot, 'system'>): boolean {
  return system !== null && STARTING.has(system);
}

function difference(after: DatedBoot | null, before: readonly string[] | null): string[] | null {
  if (after?.failed_units == null || before === null) return null;
  return after.failed_units.filter((unit) => !before.includes(unit));
}

/** Above 128 a signal ended the script: it was cut off, and refused nothing. */
function refusalOf(run: FinishedChange): RebootResult['refusal'] {
  const { ending, exitCode, rebooted, sections, log } = run;
  if (ending !== 'ended' || rebooted || exitCode === null || exitCode === 0 || exitCode > 128) return null;
  // Documents have no finer word for the state of a Proxmox host.
  const host = hostRefusal(run);
  if (host !== null) return { by: 'system', said: host.message.slice(0, SAID_MAX) };
  for (const by of REBOOT_REFUSERS) {
    const said = sections.get(`refused.${by}`)?.stdout;
    if (said !== undefined) return { by, said: inWords(by, said).slice(0, SAID_MAX) };
  }
  return { by: 'system', said: lastLine(log).slice(0, SAID_MAX) };
}

function inWords(by: (typeof REBOOT_REFUSERS)[number], said: string): string {
  if (by === 'inhibitor') return readable(() => blockersOf(parseInhibitors(said))) ?? '';
  return by === 'packages' ? (heldLock(said) ?? '') : lastLine(said);
}

function lastLine(text: string): string {
  return linesOf(text).findLast((line) => line.trim() !== '') ?? '';
}

export interface RebootVerdict {
  readonly status: 'ok' | 'warning' | 'error';
  readonly summary: Sentence;
  readonly error?: { readonly kind: string; readonly message: Sentence; readonly action: Sentence };
}

/**
 * How the restart is to be told.
 * @param host what a Proxmox host refused by
 */
export function rebootVerdict(result: RebootResult, plan: RebootPlan, host: HostRefusal | null = null): RebootVerdict {
  const { ending, outcome, after, new_failed_units: units } = result;
  if (ending === 'drifted') return failed('plan_drifted', say.run_drifted(), say.run_drifted_action());
  if (ending === 'stopped') return { status: 'warning', summary: say.reboot_stopped() };
  switch (outcome) {
    case 'verified':
      return { status: 'ok', summary: verified(result) };
    case 'degraded':
      return {
        status: 'warning',
        summary:
          (units ?? []).length > 0
            ? say.reboot_degraded({ units: (units ?? []).join(', ') })
            : say.reboot_starting({ seconds: after?.uptime_seconds ?? 0 }),
      };
    case 'old_kernel':
      return failed(
        'reboot_old_kernel',
        say.reboot_old_kernel({ running: after?.kernel ?? '', expected: result.expected_kernel ?? '' }),
        say.reboot_old_kernel_action(),
      );
    case 'not_rebooted':
      return failed('reboot_not_done', say.reboot_not_done(), say.reboot_not_done_action());
    case 'not_back':
      return failed(
        'reboot_not_back',
        say.reboot_not_back({ seconds: plan.wait_seconds, why: quoted(result.silence ?? '') }),
        say.reboot_not_back_action(),
      );
    case 'refused':
      return host === null ? refused(result.refusal) : failed(host.kind, host.message, host.action);
    case null:
      return failed('answer_incomplete', say.reboot_unproven(), say.reboot_unproven_action());
  }
}

function verified({ after, expected_kernel: expected }: RebootResult): Sentence {
  return expected === null ? say.reboot_verified() : say.reboot_verified_kernel({ kernel: after?.kernel ?? '' });
}

function refused(refusal: RebootResult['refusal']): RebootVerdict {
  const said = quoted(refusal?.said ?? '');
  const sentences = {
    inhibitor: say.reboot_refused_inhibitor({ who: said }),
    guard: say.reboot_refused_guard({ said }),
    packages: say.reboot_refused_packages({ who: said }),
    system: say.reboot_refused_system({ said }),
  };
  const by = refusal?.by ?? 'system';
  // Inhibited is a state of its own: it passes by itself, and is nothing to repair.
  const kind = by === 'system' ? 'reboot_refused' : 'inhibited';
  return failed(kind, sentences[by], by === 'system' ? say.reboot_not_done_action() : say.reboot_refused_action());
}

function failed(kind: string, message: Sentence, action: Sentence): RebootVerdict {
  return { status: 'error', summary: message, error: { kind, message, action } };
}
