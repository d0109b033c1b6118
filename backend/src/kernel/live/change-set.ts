import type { LiveChange, LiveSignal } from './live-bus';

/** PostgreSQL refuses payloads of 8000 bytes and more. */
const MAX_PAYLOAD_BYTES = 7_900;
const SETS = [
  'machineIds',
  'jobIds',
  'logJobIds',
  'cancelledJobIds',
  'userIds',
  'settingKeys',
  'preferenceUserIds',
  'uiMachineIds',
  'requestIds',
  'scheduleIds',
  'windowIds',
] as const;
type SetName = (typeof SETS)[number];

/** One-letter names keep more ids in a payload. */
const CODES: Readonly<Record<SetName, string>> = {
  machineIds: 'm',
  jobIds: 'j',
  logJobIds: 'l',
  cancelledJobIds: 'c',
  userIds: 'u',
  settingKeys: 's',
  preferenceUserIds: 'p',
  uiMachineIds: 'd',
  requestIds: 'r',
  scheduleIds: 'h',
  windowIds: 'n',
};

interface Payload {
  /** The process that sent it. */
  readonly o: string;
  readonly w?: 1;
  readonly [code: string]: unknown;
}

/** Changes collected for one notification. */
export class ChangeSet implements LiveSignal {
  readonly machineIds = new Set<string>();
  readonly jobIds = new Set<string>();
  readonly logJobIds = new Set<string>();
  readonly cancelledJobIds = new Set<string>();
  readonly userIds = new Set<string>();
  readonly settingKeys = new Set<string>();
  readonly preferenceUserIds = new Set<string>();
  readonly uiMachineIds = new Set<string>();
  readonly requestIds = new Set<string>();
  readonly scheduleIds = new Set<string>();
  readonly windowIds = new Set<string>();
  work = false;
  everything = false;

  get empty(): boolean {
    return !this.work && !this.everything && SETS.every((name) => this[name].size === 0);
  }

  add(change: LiveChange): void {
    for (const name of SETS) for (const id of change[name] ?? []) this[name].add(id);
    this.work ||= change.work === true;
  }

  merge(other: ChangeSet): void {
    for (const name of SETS) for (const id of other[name]) this[name].add(id);
    this.work ||= other.work;
    this.everything ||= other.everything;
  }

  /** The set as notification payloads, each small enough for PostgreSQL. */
  payloads(origin: string): string[] {
    const result: string[] = [];
    let current: Record<string, unknown> = { o: origin, ...(this.work ? { w: 1 } : {}) };
    let bytes = JSON.stringify(current).length;
    let filled = this.work;
    for (const name of SETS) {
      for (const id of this[name]) {
        const cost = id.length + 12;
        if (bytes + cost > MAX_PAYLOAD_BYTES) {
          result.push(JSON.stringify(current));
          current = { o: origin };
          bytes = JSON.stringify(current).length;
        }
        const ids = (current[CODES[name]] ??= []) as string[];
        ids.push(id);
        bytes += cost;
        filled = true;
      }
    }
    if (filled) result.push(JSON.stringify(current));
    return result;
  }
}

/** Reads a payload; undefined when `origin` itself sent it, or when it is not one of ours. */
export function readPayload(payload: string, origin: string): LiveChange | undefined {
  let parsed: Payload | null;
  try {
    parsed = JSON.parse(payload) as Payload | null;
  } catch {
    return undefined;
  }
  if (parsed === null || parsed.o === origin) return undefined;
  const change: Partial<Record<SetName, readonly string[]>> = {};
  for (const name of SETS) {
    const ids = parsed[CODES[name]];
    if (Array.isArray(ids)) change[name] = ids.filter((id): id is string => typeof id === 'string');
  }
  return { ...change, work: parsed.w === 1 };
}
