import { createHash } from 'node:crypto';
import { compareVersions } from '../parsers/debian-version';
import type { AptHistoryEntry, DpkgHistoryLine, HistoryPackage } from '../parsers/package-history';

/** A change of packages that the machine's own logs tell of. Whether it was ours is decided where it is stored. */
export interface LoggedChange {
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly source: 'apt' | 'dpkg';
  readonly command: string | null;
  /** A program or a person: `unattended-upgrades`, `ada`; `root` where nobody is named. */
  readonly actor: string;
  /** What apt said about its own failure; a run that was cut off has none, and no end either. */
  readonly error: string | null;
  readonly finished: boolean;
  /** What was changed, as far as the logs tell: apt and dpkg write down beforehand what they are about to do. */
  readonly packages: readonly HistoryPackage[];
}

/** Our runs have apt ask a file of their own before it begins, so their commands name the run. */
const OWN_RUN = /\/runs\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/guard\b/;

/** The run of this program that a change says it is of; whether there was such a run is for the store to say. */
export function claimedRun({ source, command }: Pick<LoggedChange, 'source' | 'command'>): string | null {
  return source === 'apt' ? (OWN_RUN.exec(command ?? '')?.[1] ?? null) : null;
}

/** An apt that has no end yet is let finish before it is told of; after that long it was cut off. */
const STILL_RUNNING_SECONDS = 3600;
/** Somebody may sit at a question for longer. Less than logs are read twice: what was not told of until then still stands in them. */
const MAY_RUN_SECONDS = 20 * 3600;
/** Steps of dpkg with no longer pause between them are one change. */
const PAUSE_SECONDS = 60;

/**
 * All changes of both logs, oldest first. What dpkg did for apt is apt's, also what apt has not written down: what an archive brought
 * under another name, or in another version, than its index says. Pure.
 */
export function loggedChanges(
  apt: readonly AptHistoryEntry[],
  dpkg: readonly DpkgHistoryLine[],
  now: Date,
): LoggedChange[] {
  const seconds = now.getTime() / 1000;
  const running = ({ start, end }: AptHistoryEntry): boolean => end === null && seconds - start < STILL_RUNNING_SECONDS;
  const tells = (entry: AptHistoryEntry, step: DpkgHistoryLine): boolean => isOf(entry, step, dpkg, endOf(entry, apt));
  const owners = ownersOf(apt, dpkg, tells);
  const byApt = apt
    .filter((entry) => !running(entry))
    .map((entry) => {
      const steps = dpkg.filter((_step, index) => owners[index] === entry);
      return ofApt(
        entry,
        steps,
        steps.filter((step) => !tells(entry, step)),
      );
    })
    .filter(({ packages }) => packages.length > 0);
  const held = ({ at, direct }: DpkgHistoryLine): boolean =>
    apt.some((entry) => at >= entry.start && (running(entry) || (!direct && mayRun(entry, apt, seconds))));
  // A change of dpkg alone is known by its first step, so none is told in parts: one that is held for one of its steps waits whole.
  const alone = grouped(dpkg.filter((step, index) => step.done && owners[index] === null));
  return [
    ...byApt,
    ...alone.filter((lines) => !lines.some(held) && seconds - lastOf(lines) > PAUSE_SECONDS).map(ofDpkg),
  ].sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
}

/** Whether a step of dpkg is of this run of apt, or on the way to what that wrote of the package. */
function isOf(entry: AptHistoryEntry, step: DpkgHistoryLine, dpkg: readonly DpkgHistoryLine[], end: number): boolean {
  if (step.at < entry.start || step.at > end) return false;
  const told = entry.packages.filter((one) => one.name === step.name && sameArch(one, step));
  const leadsTo = (to: string | null): boolean =>
    step.to === to ||
    dpkg.some((later) => {
      const same = later.name === step.name && later.arch === step.arch;
      return same && later.to === to && later.at >= step.at && later.at <= end;
    });
  return told.some(({ to }) => leadsTo(to));
}

/**
 * Which run of apt each step of dpkg is of; null: of none. While apt is at work it holds dpkg's lock, so what dpkg does then is of that
 * run, whether or not it has written it down; where it was cut off the lock was free.
 */
export function ownersOf(
  apt: readonly AptHistoryEntry[],
  dpkg: readonly DpkgHistoryLine[],
  tells: (entry: AptHistoryEntry, step: DpkgHistoryLine) => boolean,
): (AptHistoryEntry | null)[] {
  // Logs tell seconds: in the first and the last somebody's own dpkg may have come, which shows where it installed archives.
  const within = ({ start, end }: AptHistoryEntry, { at, to }: DpkgHistoryLine): boolean =>
    end !== null && at >= start && at <= end && (to !== null || (at > start && at < end));
  return dpkg.map((step) => {
    if (step.direct) return null;
    return apt.find((entry) => tells(entry, step)) ?? apt.find((entry) => within(entry, step)) ?? null;
  });
}

/** apt names the machine's own architecture where dpkg says `all`. */
export function sameArch(ofApt: HistoryPackage, ofDpkg: HistoryPackage): boolean {
  return ofDpkg.arch === 'all' || ofApt.arch === ofDpkg.arch;
}

/** Of an apt without an end: the beginning of the next one, which got the lock; or as long as it may have run. */
function endOf(entry: AptHistoryEntry, all: readonly AptHistoryEntry[]): number {
  if (entry.end !== null) return entry.end;
  const next = all.find(({ start }) => start > entry.start)?.start ?? Infinity;
  return Math.min(next - 1, entry.start + MAY_RUN_SECONDS);
}

/** Whether nothing says that it is over. What dpkg does meanwhile may be its, and is told when that is known. */
function mayRun(entry: AptHistoryEntry, all: readonly AptHistoryEntry[], now: number): boolean {
  return entry.end === null && endOf(entry, all) > now;
}

/** @param besides steps of it that it has not written down */
function ofApt(
  entry: AptHistoryEntry,
  steps: readonly DpkgHistoryLine[],
  besides: readonly DpkgHistoryLine[],
): LoggedChange {
  const { start, end, command, error } = entry;
  const isDone = (one: HistoryPackage): boolean =>
    steps.some((step) => step.done && step.name === one.name && step.to === one.to && sameArch(one, step));
  // An apt that ended well has done all of it, also where dpkg keeps no log.
  const whole = steps.length === 0 && end !== null && error === null;
  const told = whole ? entry.packages : entry.packages.filter(isDone);
  return {
    startedAt: new Date(start * 1000),
    finishedAt: new Date((end ?? start) * 1000),
    source: 'apt',
    command,
    actor: actorOf(entry),
    error,
    finished: end !== null,
    packages: [...told, ...besides.filter(({ done }) => done).map(withoutTime)].map(asCompared),
  };
}

export function withoutTime({ name, arch, operation, from, to }: DpkgHistoryLine): HistoryPackage {
  return { name, arch, operation, from, to };
}

/** apt says "upgrade" also where dpkg's order calls it a downgrade. */
export function asCompared(one: HistoryPackage): HistoryPackage {
  if (one.operation !== 'upgraded' || one.from === null || one.to === null) return one;
  return compareVersions(one.to, one.from) < 0 ? { ...one, operation: 'downgraded' } : one;
}

export function actorOf({ command, requestedBy }: AptHistoryEntry): string {
  if (/\bunattended-upgrade\b/.test(command ?? '')) return 'unattended-upgrades';
  if (command?.startsWith('packagekit role=') === true) return requestedBy ?? 'PackageKit';
  return requestedBy ?? 'root';
}

function grouped(lines: readonly DpkgHistoryLine[]): DpkgHistoryLine[][] {
  const groups: DpkgHistoryLine[][] = [];
  for (const line of lines) {
    const last = groups.at(-1);
    if (last === undefined || line.at - lastOf(last) > PAUSE_SECONDS) groups.push([line]);
    else last.push(line);
  }
  return groups;
}

const lastOf = (lines: readonly DpkgHistoryLine[]): number => lines.at(-1)?.at ?? 0;

function ofDpkg(lines: readonly DpkgHistoryLine[]): LoggedChange {
  const packages = lines.map(withoutTime).map(asCompared);
  return {
    startedAt: new Date((lines[0]?.at ?? 0) * 1000),
    finishedAt: new Date(lastOf(lines) * 1000),
    source: 'dpkg',
    command: null,
    actor: 'root',
    error: null,
    finished: true,
    packages,
  };
}

/**
 * The same change of the same machine has the same id, however often it is read, and however much of it is known by then. UUID version 7
 * of the moment at which it began, its rest from what is known of it from then on.
 * @param part of it, e.g. one package
 */
export function changeId(
  machineId: string,
  change: Pick<LoggedChange, 'startedAt' | 'source' | 'command'>,
  part = '',
): string {
  const { startedAt, source, command } = change;
  const said = JSON.stringify([machineId, source, startedAt.getTime(), command, part]);
  const rest = createHash('sha256').update(said).digest('hex');
  const time = startedAt.getTime().toString(16).padStart(12, '0');
  const variant = ((parseInt(rest.slice(3, 4), 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-${variant}${rest.slice(4, 7)}-${rest.slice(7, 19)}`;
}
