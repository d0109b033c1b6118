import type { MachineMaintenanceDto } from '../dto/maintenance.dto';
import type { GateStanding } from './start-gate';

export function toMaintenance({ standing, estimate, windows, overWindow }: GateStanding): MachineMaintenanceDto {
  const opening = standing.kind === 'open' || standing.kind === 'later' ? standing : null;
  return {
    state: standing.kind,
    windowName: opening?.name ?? null,
    from: opening?.from ?? null,
    until: opening?.until ?? null,
    latestStart: opening?.latestStart ?? null,
    longestSeconds: standing.kind === 'never' ? standing.longestSeconds : null,
    unreadableWindowNames: standing.kind === 'never' ? [...standing.unreadable] : [],
    estimateSeconds: estimate?.seconds ?? null,
    estimateBasis: estimate?.basis ?? null,
    overWindowName: overWindow?.name ?? null,
    windows: windows.map(({ id, name, scope }) => ({ id, name, scope })),
  };
}
