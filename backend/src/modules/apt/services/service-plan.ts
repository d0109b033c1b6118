import type { OwnHosts } from '../../../kernel/hosts/product-hosts';
import type { Sentence } from '../../../kernel/sentences/sentences';
import type { PlanOutcome, PreflightCheck } from '../../jobs/actions/change-action';
import { fileSystemFailure } from '../../jobs/actions/file-system-failure';
import type { CollectedRun, RunFailure } from '../../jobs/actions/job-action';
import { say } from '../apt.sentences';
import { remediationOf } from '../contracts/apt-error-kinds';
import type { LeftOutReason, ServiceRestartPlan } from '../contracts/service-restart.v1';
import { linesOf, readable } from '../parsers/parse-error';
import { answered } from '../reboot/boot-facts';
import { presenceChecks, presenceConsequences, presenceOn } from '../upgrade/own-machine';
import { check } from '../upgrade/check';
import { heldLock } from '../upgrade/preflight';
import { parseUnits, unitState, type ShownUnit } from './units';
import { NO_PACKAGES } from '../upgrade/plan-effects';

export interface ServiceParameters {
  /** Exact names; none: what needrestart names. */
  readonly units: readonly string[];
}

/** What this program knows by itself about the machine. */
export interface ServiceContext {
  readonly parameters: ServiceParameters;
  readonly machineId: string;
  /** The machines that this program runs on. */
  readonly ownHosts: OwnHosts;
}

const REFUSALS: Readonly<Record<LeftOutReason, (unit: string) => Sentence>> = {
  vital: (unit) => say.service_vital({ unit }),
  not_running: (unit) => say.service_not_running({ unit }),
  refuses: (unit) => say.service_refuses({ unit }),
  unknown: (unit) => say.service_unknown({ unit }),
};

/** Turns the answer of the plan's script into a plan. Pure. What is named and may not be restarted fails it. */
export function servicePlan({ sections }: CollectedRun, context: ServiceContext): PlanOutcome {
  const { parameters, machineId, ownHosts } = context;
  const chosen = parameters.units.length > 0;
  if (answered(sections, 'plan_system')?.trim() === 'no') return failed('no_systemd', say.services_no_systemd());
  const unwritten = notWritten(sections);
  if (unwritten !== null) return { kind: 'failed', failure: unwritten };
  const named = answered(sections, 'plan_needrestart');
  if (named === null && !chosen) return failed('no_needrestart', say.services_no_needrestart());
  const text = answered(sections, 'plan_units');
  const vital = answered(sections, 'plan_vital');
  const shown = text === null ? null : readable(() => parseUnits(text));
  if (shown === null || vital === null)
    return failed('answer_unreadable', say.services_unreadable(), remediationOf('answer_unreadable'));
  const vitalUnits = new Set(linesOf(vital));
  const judged = shown.map((unit) => ({ unit, reason: reasonAgainst(unit, vitalUnits) }));
  const refused = judged.flatMap(({ unit: { unit }, reason }) => (reason === null ? [] : [{ unit, reason }]));
  const [first] = refused;
  if (chosen && first !== undefined)
    return failed('unit_refused', REFUSALS[first.reason](first.unit), say.services_refused_action());
  const units = judged.flatMap(({ unit, reason }) => (reason === null ? [unit] : []));
  if (units.length === 0) return { kind: 'nothing', summary: nothing(refused) };
  const byNeedrestart = new Set(linesOf(named ?? ''));
  const details: ServiceRestartPlan = {
    units: units.map((unit) => ({ ...unitState(unit), by_needrestart: byNeedrestart.has(unit.unit) })),
    left_out: refused,
    failed_units: answered(sections, 'plan_failed') === null ? null : linesOf(answered(sections, 'plan_failed') ?? ''),
  };
  const presence = presenceOn(answered(sections, 'plan_itself') ?? '', ownHosts);
  return {
    kind: 'planned',
    plan: {
      lines: [`machine ${machineId}`, ...units.map(({ unit, invocation }) => `restart ${unit} ${invocation ?? '-'}`)],
      summary: say.services_summary({ count: units.length, units: units.map(({ unit }) => unit).join(', ') }),
      risk: 'low',
      effects: NO_PACKAGES,
      consequences: presenceConsequences(presence),
      checks: [locksCheck(answered(sections, 'plan_locks')), leftOutCheck(refused), ...presenceChecks(presence)],
      details,
    },
  };
}

/** A disk that is full or read-only keeps the plan from being made, not needrestart or the units. */
function notWritten(sections: CollectedRun['sections']): RunFailure | null {
  const missing = ['plan_needrestart', 'plan_vital', 'plan_units'].filter((name) => answered(sections, name) === null);
  return fileSystemFailure(missing.map((name) => sections.get(name)?.stderr ?? '').join('\n'));
}

function reasonAgainst(
  { unit, loaded, active_state, refuses }: ShownUnit,
  vital: ReadonlySet<string>,
): LeftOutReason | null {
  if (vital.has(unit)) return 'vital';
  if (!loaded) return 'unknown';
  if (refuses) return 'refuses';
  return active_state === 'inactive' ? 'not_running' : null;
}

function nothing(refused: ServiceRestartPlan['left_out']): Sentence {
  return refused.length === 0
    ? say.services_nothing()
    : say.services_only_reboot({ units: refused.map(({ unit }) => unit).join(', ') });
}

/** A package manager at work restarts services itself, and leaves others between two versions. */
function locksCheck(locks: string | null): PreflightCheck {
  if (locks === null) return check('locks', 'unknown', say.check_locks_unknown());
  const held = heldLock(locks);
  return held === null
    ? check('locks', 'ok', say.check_locks_free())
    : check('locks', 'warning', held, say.check_service_locks_action());
}

function leftOutCheck(refused: ServiceRestartPlan['left_out']): PreflightCheck {
  const units = refused.map(({ unit }) => unit).join(', ');
  return units === ''
    ? check('left_out', 'ok', say.check_left_out_none())
    : check('left_out', 'warning', say.check_left_out({ units }), say.check_left_out_action());
}

function failed(kind: string, message: Sentence, action: RunFailure['action'] = null): PlanOutcome {
  return { kind: 'failed', failure: { kind, message, action } };
}
