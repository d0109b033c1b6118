import { Injectable } from '@nestjs/common';
import { Snapshots } from '../../history/snapshots';
import { APT_UPDATE_ANALYZE_CONTRACT, type AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import { isMachineErrorKind, type MachineErrorKind } from '../contracts/machine-error-kinds';
import { Attempts, hasTriedAgain, type Meeting, type Retrial } from './attempts';
import { kernelTelling, OLD_KERNEL, type Telling } from './machine-verdicts';
import {
  isUnwound,
  meeterOf,
  tellersOf,
  verdictOn,
  type ErrorStanding,
  type ErrorVerdict,
  type Look,
  type Meeter,
  type VerifyingAction,
} from './verification';

type LookAt = Look & { readonly at: Date; readonly action: VerifyingAction };

/** Further back an analysis is not searched for one that fetched lists. */
const ANALYSES = 20;

/** Whether errors of a machine are gone, by what has looked at it since. */
@Injectable()
export class Looks {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly attempts: Attempts,
  ) {}

  /** @param by name of the action that met them */
  async standings(machineId: string, kinds: readonly string[], by: string, since: Date): Promise<ErrorStanding[]> {
    const ofMachine = kinds.filter(isMachineErrorKind);
    const ofApt = kinds.filter((kind) => !isMachineErrorKind(kind));
    const found = [
      ...(ofApt.length === 0 ? [] : await this.ofApt(machineId, ofApt, by, since)),
      ...(ofMachine.length === 0 ? [] : await this.ofMachine(machineId, ofMachine, by, since)),
    ];
    return kinds.flatMap((kind) => found.find((one) => one.kind === kind) ?? []);
  }

  private async ofMachine(
    machineId: string,
    kinds: readonly MachineErrorKind[],
    by: string,
    since: Date,
  ): Promise<ErrorStanding[]> {
    const kernel = kinds.includes(OLD_KERNEL) ? await this.kernelSince(machineId, since) : null;
    return this.attempts.atAll(machineId, kinds, by, since, kernel);
  }

  private async kernelSince(machineId: string, since: Date): Promise<Telling | null> {
    const newest = await this.snapshots.latest(machineId, APT_UPDATE_ANALYZE_CONTRACT);
    if (newest === null || newest.createdAt <= since || !newest.payload.readable) return null;
    return kernelTelling((newest.payload.document as AptUpdateAnalyze).reboot, newest.createdAt);
  }

  private async ofApt(machineId: string, kinds: readonly string[], by: string, since: Date): Promise<ErrorStanding[]> {
    const meeting = await this.attempts.meeting(machineId, by, since);
    const errors = kinds.map((kind) => metErrorOf(kind, by, meeting));
    const tellers = new Set(errors.flatMap(({ tellers: told }) => told));
    const analyses = tellers.delete('apt_update_analyze') ? await this.analyses(machineId, errors, since) : [];
    const retrials = tellers.size === 0 ? [] : await this.attempts.since(machineId, [...tellers], since);
    return errors.map((error) => {
      if (error.tellers[0] === 'apt_update_analyze') return standingOf(error, analyses);
      const told = retrials.filter(({ action }) => error.tellers.some((one) => one === action));
      return standingOf(
        error,
        told.map((one) => retried(error.kind, meeting, one)),
      );
    });
  }

  /** Newest first, until one of them tells of each: an analysis without fetching lists takes back nothing. */
  private async analyses(machineId: string, errors: readonly MetError[], since: Date): Promise<LookAt[]> {
    const asked = errors.filter(({ tellers }) => tellers[0] === 'apt_update_analyze');
    const looks: LookAt[] = [];
    while (looks.length < ANALYSES) {
      const look = await this.analysis(machineId, since, looks.at(-1)?.at ?? null);
      if (look === null) break;
      looks.push(look);
      if (asked.every((error) => looks.some((one) => verdictOf(error, one) !== 'not_looked'))) break;
    }
    return looks;
  }

  private async analysis(machineId: string, since: Date, before: Date | null): Promise<LookAt | null> {
    const newest = await this.snapshots.latest(machineId, APT_UPDATE_ANALYZE_CONTRACT, before);
    if (newest === null || newest.createdAt <= since) return null;
    const { createdAt: at, status, payload } = newest;
    const looked = { at, action: 'apt_update_analyze', tried: true } as const;
    if (!payload.readable) return { ...looked, whole: false, refreshed: false, found: [] };
    const { errors, refresh } = payload.document as AptUpdateAnalyze;
    const refreshed = refresh.outcome !== 'skipped' && refresh.outcome !== 'unknown';
    return { ...looked, whole: status !== 'error', refreshed, found: errors.map(({ kind }) => kind) };
  }
}

interface MetError {
  readonly kind: string;
  readonly met: Meeter;
  readonly unwound: boolean;
  readonly tellers: ReturnType<typeof tellersOf>;
}

function metErrorOf(kind: string, by: string, { left }: Meeting): MetError {
  const unwound = isUnwound(kind, left.get(kind) ?? []);
  return { kind, met: meeterOf(by), unwound, tellers: tellersOf(kind, by, unwound) };
}

function verdictOf({ kind, met, unwound }: MetError, look: Look): ErrorVerdict {
  return verdictOn(kind, met, look, unwound);
}

/** The newest that could have met the error tells. */
function standingOf(error: MetError, looks: readonly LookAt[]): ErrorStanding {
  const { kind, tellers } = error;
  for (const look of looks) {
    const verdict = verdictOf(error, look);
    if (verdict !== 'not_looked') return { kind, verdict, verifiedBy: look.action, lookedAt: look.at };
  }
  return { kind, verdict: 'not_looked', verifiedBy: tellers[0], lookedAt: null };
}

function retried(kind: string, meeting: Meeting, later: Retrial): LookAt {
  const { status, finishedAt, errorKind } = later.job;
  return {
    at: finishedAt,
    action: later.action as VerifyingAction,
    whole: status !== 'error',
    refreshed: false,
    found: errorKind === null ? [] : [errorKind],
    tried: hasTriedAgain(kind, meeting, later),
  };
}
