import type { MachineMaintenanceDto } from '../../api/models';

/** When a change begins once it is confirmed: at once; in windows, on some machine at least; or on none of them. */
export type Beginning = 'now' | 'later' | 'never';

/** Pure. @param standings of each machine as far as it is known */
export function beginningOf(standings: readonly Pick<MachineMaintenanceDto, 'state'>[]): Beginning {
  const bound = standings.filter(({ state }) => state === 'later' || state === 'never');
  if (bound.length === 0) {
    return 'now';
  }
  return standings.every(({ state }) => state === 'never') ? 'never' : 'later';
}
