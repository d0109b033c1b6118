import type { ProbeSystem, ProbeWarning } from '../contracts/machine-probe.v1';
import { parseBootId, parseClock, parseFailedUnits, parseSystemdState, parseUptime } from '../parsers/system-facts';
import { chain, map, missing, type Measured, type ReasonBook } from './measured';
import type { SectionReader } from './probe-sections';
import { THRESHOLDS } from './thresholds';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../inventory.sentences';

/** The controller's clock before the script was sent and after the answer had arrived. */
export interface ProbeTiming {
  readonly startedAt: Date;
  readonly receivedAt: Date;
}

const MILLISECONDS = 1000;

/** How far the machine's clock lies outside the time in which it was read; 0 inside. */
function clockOffset(machineSeconds: number, timing: ProbeTiming): number {
  const earliest = Math.floor(timing.startedAt.getTime() / MILLISECONDS) - THRESHOLDS.clockGraceSeconds;
  const latest = Math.ceil(timing.receivedAt.getTime() / MILLISECONDS) + THRESHOLDS.clockGraceSeconds;
  if (machineSeconds < earliest) return machineSeconds - earliest;
  return machineSeconds > latest ? machineSeconds - latest : 0;
}

type State = Omit<ProbeSystem, 'warnings'>;

/** `is-system-running` exits 1 in every state but "running", and its word is good all the same. */
const STATE_CODES = [0, 1];

/** "offline" and "unknown" say that systemd could not be asked, not how the machine is. */
function saidState(state: string): Measured<string> {
  if (state !== 'offline' && state !== 'unknown') return { value: state };
  return missing('not_readable', say.systemd_not_asked({ state }));
}

export function findSystemState(reader: SectionReader, timing: ProbeTiming, book: ReasonBook): State {
  const clock = reader.read('clock', parseClock);
  const state = reader.read('systemd_state', parseSystemdState, STATE_CODES);
  return {
    uptime_seconds: book.take('system.uptime_seconds', reader.read('uptime', parseUptime)),
    boot_id: book.take('system.boot_id', reader.read('boot_id', parseBootId)),
    clock_offset_seconds: book.take(
      'system.clock_offset_seconds',
      map(clock, (seconds) => clockOffset(seconds, timing)),
    ),
    systemd_state: book.take('system.systemd_state', chain(state, saidState)),
    failed_units: book.take('system.failed_units', reader.read('systemd_failed', parseFailedUnits)),
  };
}

const NAMED_UNITS = 10;

function failedUnits(units: readonly string[]): ProbeWarning {
  const named = units.slice(0, NAMED_UNITS).join(', ');
  return {
    code: 'failed_units',
    area: 'system',
    severity: 'warning',
    message: failedSentence(units.length, named),
    subject: null,
    params: { count: units.length, units: named },
  };
}

function failedSentence(count: number, units: string): Sentence {
  if (count === 1) return say.unit_failed({ units });
  return count > NAMED_UNITS
    ? say.units_failed_and_more({ count, units, more: count - NAMED_UNITS })
    : say.units_failed({ count, units });
}

/** Failed units explain "degraded"; the state itself is told only when they do not. */
function systemdWarnings({ systemd_state: state, failed_units: units }: State): ProbeWarning[] {
  if (units !== null && units.length > 0) return [failedUnits(units)];
  if (state === null || state === 'running') return [];
  const passing = state === 'initializing' || state === 'starting' || state === 'stopping';
  return [
    {
      code: 'systemd_not_running_normally',
      area: 'system',
      severity: passing ? 'info' : 'warning',
      message: say.systemd_state({ state }),
      subject: null,
      params: { state },
    },
  ];
}

function clockWarnings({ clock_offset_seconds: offset }: State): ProbeWarning[] {
  if (offset === null || Math.abs(offset) < THRESHOLDS.clockSkewSeconds) return [];
  const told = offset > 0 ? say.clock_ahead : say.clock_behind;
  return [
    {
      code: 'clock_skew',
      area: 'system',
      severity: Math.abs(offset) >= THRESHOLDS.clockErrorSeconds ? 'error' : 'warning',
      message: told({ seconds: Math.abs(offset) }),
      subject: null,
      params: { offset_seconds: offset },
    },
  ];
}

export function systemWarnings(state: State): ProbeWarning[] {
  return [...systemdWarnings(state), ...clockWarnings(state)];
}
