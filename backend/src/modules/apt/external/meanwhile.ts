import type { FinishedChange } from '../../jobs/actions/change-action';
import { withoutUserInfo } from '../analysis/refresh';
import {
  parseAptHistory,
  parseDpkgHistory,
  type AptHistoryEntry,
  type DpkgHistoryLine,
  type HistoryPackage,
  type HistoryReading,
} from '../parsers/package-history';
import { readable } from '../parsers/parse-error';
import { actorOf, asCompared, claimedRun, ownersOf, sameArch, withoutTime } from './external-changes';

/** One package that somebody else changed while a run of ours was at work. */
export interface OthersStep extends HistoryPackage {
  readonly at: Date;
  readonly source: 'apt' | 'dpkg';
  /** A program or a person; `root` where nobody is named. */
  readonly actor: string;
  readonly command: string | null;
}

/** Whose the changes are that a machine's logs tell of since a run began, in the order in which they came. */
export interface Meanwhile {
  readonly ours: readonly HistoryPackage[];
  readonly others: readonly OthersStep[];
  /** When our own apt began to change packages; null: it did not. Whoever came before has let its locks go by then. */
  readonly workedAt: Date | null;
}

/**
 * By the facts `began`, `apt_history`, `dpkg_history` and `apt_worked`. dpkg's log is what was done; apt's says whose it was,
 * and stands for itself where dpkg keeps none. Null: the machine's logs cannot tell whose a change was. Pure.
 */
export function meanwhile(run: Pick<FinishedChange, 'sections'>, runId: string): Meanwhile | null {
  const began = Number(told(run, 'began') ?? NaN);
  const aptLog = history(run, 'apt_history', (text) => parseAptHistory(withoutUserInfo(text)));
  const dpkgLog = history(run, 'dpkg_history', parseDpkgHistory);
  const worked = told(run, 'apt_worked');
  if (Number.isNaN(began) || aptLog === null || dpkgLog === null || worked === null) return null;
  const [apt, dpkg] = [aptLog.found, dpkgLog.found];
  // What cannot be read of apt's log stands in dpkg's, where that is kept.
  if (aptLog.faults.length > 0 && dpkg.length === 0) return null;
  const isOwn = (entry: AptHistoryEntry): boolean => claimedRun({ source: 'apt', command: entry.command }) === runId;
  const own = apt.find(isOwn);
  // Our apt has worked, and its own log does not know of it: it is not kept, so what it lacks says nothing.
  if (worked !== '0' && own === undefined) return null;
  // What apt writes down beforehand is what it was about to do: how much of it a run of others has done that failed, dpkg alone knows.
  const failed = apt.filter((entry) => !isOwn(entry) && !endedWell(entry) && entry.packages.length > 0);
  if (dpkg.length === 0 && failed.some((entry) => endOf(entry, apt) >= began)) return null;
  const steps = (dpkg.length > 0 ? byDpkg(dpkg, apt) : byApt(apt)).filter(({ at }) => at >= began);
  return {
    ours: steps.filter(({ entry }) => entry !== null && isOwn(entry)).map(({ change }) => asCompared(change)),
    others: steps.filter(({ entry }) => entry === null || !isOwn(entry)).map(ofOthers),
    workedAt: own === undefined ? null : new Date(own.start * 1000),
  };
}

interface Step {
  readonly at: number;
  readonly change: HistoryPackage;
  /** The run of apt that it is of; null: dpkg's alone. */
  readonly entry: AptHistoryEntry | null;
}

function byDpkg(dpkg: readonly DpkgHistoryLine[], apt: readonly AptHistoryEntry[]): Step[] {
  const owners = ownersOf(apt, dpkg, (entry, step) => tells(entry, apt, step.at, step));
  return dpkg
    .map((step, index) => ({ at: step.at, done: step.done, change: withoutTime(step), entry: owners[index] ?? null }))
    .filter(({ done }) => done);
}

/** A run of apt that was cut off has no end: it may be the one until another begins. */
function endOf(entry: AptHistoryEntry, all: readonly AptHistoryEntry[]): number {
  return entry.end ?? all.find(({ start }) => start > entry.start)?.start ?? Infinity;
}

function tells(entry: AptHistoryEntry, all: readonly AptHistoryEntry[], at: number, change: HistoryPackage): boolean {
  return (
    at >= entry.start &&
    at <= endOf(entry, all) &&
    entry.packages.some((one) => one.name === change.name && one.to === change.to && sameArch(one, change))
  );
}

const endedWell = ({ end, error }: AptHistoryEntry): boolean => end !== null && error === null;

function byApt(apt: readonly AptHistoryEntry[]): Step[] {
  return apt.filter(endedWell).flatMap((entry) => entry.packages.map((change) => ({ at: entry.start, change, entry })));
}

function ofOthers({ at, change, entry }: Step): OthersStep {
  const by = entry === null ? { actor: 'root', command: null } : { actor: actorOf(entry), command: entry.command };
  return { ...asCompared(change), ...by, at: new Date(at * 1000), source: entry === null ? 'dpkg' : 'apt' };
}

function told(run: Pick<FinishedChange, 'sections'>, name: string): string | null {
  const text = run.sections.get(name)?.stdout.trim();
  return text === undefined || text === '' ? null : text;
}

function history<T>(run: Pick<FinishedChange, 'sections'>, name: string, parse: (text: string) => HistoryReading<T>) {
  const section = run.sections.get(name);
  return section?.exitCode === 0 && !section.truncated ? readable(() => parse(section.stdout)) : null;
}
