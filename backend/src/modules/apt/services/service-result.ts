import type { Sentence } from '../../../kernel/sentences/sentences';
import type { FinishedChange } from '../../jobs/actions/change-action';
import type { MetError } from '../../jobs/actions/job-action';
import { say } from '../apt.sentences';
import type {
  RestartVerdict,
  ServiceRestartPlan,
  ServiceRestartResult,
  UnitState,
} from '../contracts/service-restart.v1';
import { linesOf, readable } from '../parsers/parse-error';
import { answered } from '../reboot/boot-facts';
import { both, lines } from '../upgrade/run-facts';
import { parseUnits, unitState, type ShownUnit } from './units';

/** What became of each service, from the facts of the run. Pure; what is missing is null, never a guess. */
export function serviceResult(run: FinishedChange, plan: ServiceRestartPlan): ServiceRestartResult {
  const before = shown(run, 'before');
  const after = shown(run, 'after');
  const failures = new Set(lines(run, 'failed_after') ?? []);
  const codes = new Map(
    linesOf(answered(run.sections, 'codes') ?? '').map((line) => line.split(' ') as [string, string]),
  );
  return {
    ending: run.ending,
    exit_code: run.exitCode,
    rebooted: run.rebooted,
    units: plan.units.map(({ unit }) => ({
      unit,
      before: stateOf(before.get(unit)),
      after: stateOf(after.get(unit)),
      exit_code: codes.has(unit) ? Number(codes.get(unit)) : null,
      verdict: failures.has(unit) ? 'failed' : verdictOf(before.get(unit), after.get(unit)),
    })),
    new_failed_units: both(run, 'failed_before', 'failed_after', (was, is) => is.filter((unit) => !was.includes(unit))),
    drift: run.drift === null ? null : { missing: [...run.drift.missing], added: [...run.drift.added] },
  };
}

function stateOf(unit: ShownUnit | undefined): UnitState | null {
  return unit === undefined ? null : unitState(unit);
}

function verdictOf(before: ShownUnit | undefined, after: ShownUnit | undefined): RestartVerdict {
  if (before === undefined || after === undefined) return 'unknown';
  if (after.active_state !== 'active') return 'failed';
  return after.invocation === before.invocation ? 'unchanged' : 'restarted';
}

function shown(run: FinishedChange, name: string): ReadonlyMap<string, ShownUnit> {
  const text = answered(run.sections, name);
  const units = text === null ? null : readable(() => parseUnits(text));
  return new Map((units ?? []).map((unit) => [unit.unit, unit]));
}

export interface ServiceVerdict {
  readonly status: 'ok' | 'warning' | 'error';
  readonly summary: Sentence;
  readonly error?: MetError & { readonly action: Sentence };
}

/** How the restart is to be told. */
export function serviceVerdict({ ending, units, new_failed_units: failures }: ServiceRestartResult): ServiceVerdict {
  if (ending === 'drifted') return failed('plan_drifted', say.run_drifted(), say.run_drifted_action());
  if (ending === 'stopped') return { status: 'warning', summary: say.services_stopped() };
  if (ending === 'interrupted') return failed('interrupted', say.run_interrupted(), say.services_look_action());
  const [told] = unitErrors(units);
  if (told !== undefined) {
    const { kind, subject, verdict } = told;
    const named = units.filter((unit) => unit.verdict === verdict).map(({ unit }) => unit);
    return failed(kind, SAID[verdict]({ units: named.join(', ') }), say.services_look_action(), subject);
  }
  const others = (failures ?? []).join(', ');
  return others === ''
    ? { status: 'ok', summary: say.services_done({ count: units.length }) }
    : { status: 'warning', summary: say.services_others_failed({ units: others }) };
}

function failed(kind: string, message: Sentence, action: Sentence, subject: string | null = null): ServiceVerdict {
  return { status: 'error', summary: message, error: { kind, message, action, subject } };
}

/** What the restart met besides the error that it is told by: each service is settled by itself. */
export function furtherErrors({ error }: ServiceVerdict, { units }: ServiceRestartResult): MetError[] {
  if (error?.subject == null) return [];
  return unitErrors(units)
    .slice(1)
    .map(({ kind, subject, verdict }) => ({ kind, subject, message: SAID[verdict]({ units: subject }) }));
}

type Mishap = Exclude<RestartVerdict, 'restarted'>;

const KINDS: Readonly<Record<Mishap, string>> = {
  failed: 'service_failed',
  unchanged: 'service_not_restarted',
  unknown: 'answer_incomplete',
};
const SAID: Readonly<Record<Mishap, typeof say.services_failed>> = {
  failed: say.services_failed,
  unchanged: say.services_unchanged,
  unknown: say.services_unknown,
};

/** Of each service that was not restarted well; the worst first. */
function unitErrors(units: ServiceRestartResult['units']) {
  return (['failed', 'unchanged', 'unknown'] as const).flatMap((verdict) =>
    units
      .filter((unit) => unit.verdict === verdict)
      .map(({ unit }) => ({ verdict, kind: KINDS[verdict], subject: unit })),
  );
}
