import type { JobDto, LogLineDto, MachineTileDto, MachineUiStateDto, RequestDto, ScheduleDto } from '../../api/models';

/** What the server sends over the live socket. */
export interface LiveEvents {
  machine: MachineTileDto;
  'machine.removed': { id: string };
  job: JobDto;
  'job.log': { jobId: string; lines: LogLineDto[] };
  /** A plan was made or decided, or its time ran out. */
  request: RequestDto;
  /** A schedule was changed, or its newest run went on. */
  schedule: ScheduleDto;
  'schedule.removed': { id: string };
  /** Maintenance windows were made, changed or removed: read again. */
  'windows.changed': unknown;
  /** Settings of the installation: read again. */
  'settings.changed': { keys: string[] };
  /** One's own preferences: read again. */
  'preferences.changed': unknown;
  'machine.ui': MachineUiStateDto;
  pong: unknown;
  error: { code: string; message: string };
  'session.ended': unknown;
}

export type LiveEventName = keyof LiveEvents;

/** Reads one frame; null for what this version of the portal does not know. */
export function readFrame(text: unknown): { event: LiveEventName; data: LiveEvents[LiveEventName] } | null {
  if (typeof text !== 'string') {
    return null;
  }
  try {
    const frame = JSON.parse(text) as { event?: unknown; data?: unknown };
    return typeof frame.event === 'string' && KNOWN.has(frame.event)
      ? { event: frame.event as LiveEventName, data: frame.data }
      : null;
  } catch {
    return null;
  }
}

const KNOWN = new Set<string>([
  'machine',
  'machine.removed',
  'job',
  'job.log',
  'request',
  'schedule',
  'schedule.removed',
  'windows.changed',
  'settings.changed',
  'preferences.changed',
  'machine.ui',
  'pong',
  'error',
  'session.ended',
]);
