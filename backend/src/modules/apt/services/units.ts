import type { UnitState } from '../contracts/service-restart.v1';
import { optional, parseKeyValues, required } from '../parsers/key-values';
import { wholeNumber } from '../parsers/parse-error';

export interface ShownUnit extends UnitState {
  readonly loaded: boolean;
  /** Of the present start; null: it was not started. */
  readonly invocation: string | null;
  /** Its unit file forbids to start or stop it by hand. */
  readonly refuses: boolean;
}

/**
 * Reads what `systemctl show` printed of several units (`unit_states` of `scripts/service-facts.sh`). Aliases come as their
 * unit; each unit once.
 * @throws ParseError when it is not that
 */
export function parseUnits(text: string): ShownUnit[] {
  const blocks = text.split('\n\n').filter((block) => block.trim() !== '');
  const units = blocks.map((block) => unitOf(parseKeyValues('units', block.replace(/^\n+/, ''))));
  return [...new Map(units.map((unit) => [unit.unit, unit])).values()];
}

function unitOf(values: Map<string, string[]>): ShownUnit {
  const pid = wholeNumber(optional(values, 'MainPID') ?? '0', 'units', 'MainPID');
  const says = (key: string): boolean => optional(values, key) === 'yes';
  return {
    unit: required('units', values, 'Id'),
    description: optional(values, 'Description') ?? '',
    loaded: optional(values, 'LoadState') === 'loaded',
    active_state: required('units', values, 'ActiveState'),
    sub_state: required('units', values, 'SubState'),
    main_pid: pid === 0 ? null : pid,
    invocation: optional(values, 'InvocationID'),
    refuses: says('RefuseManualStart') || says('RefuseManualStop'),
  };
}

/** As documents have it. */
export function unitState({ unit, description, active_state, sub_state, main_pid }: UnitState): UnitState {
  return { unit, description, active_state, sub_state, main_pid };
}
