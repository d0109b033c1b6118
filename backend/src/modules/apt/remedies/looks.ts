import { Injectable } from '@nestjs/common';
import { Snapshots } from '../../history/snapshots';
import { JobsReader } from '../../jobs/jobs.reader';
import { APT_UPDATE_ANALYZE_CONTRACT, type AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import {
  verificationOf,
  verdictOn,
  type ErrorVerdict,
  type Look,
  type Meeter,
  type VerifyingAction,
} from './verification';

export interface ErrorStanding {
  readonly kind: string;
  readonly verdict: ErrorVerdict;
  /** Name of the action that tells. */
  readonly verifiedBy: VerifyingAction;
  readonly lookedAt: Date | null;
}

type LookAt = Look & { readonly at: Date };

/** Whether errors of a machine are gone, by what has looked at it since. */
@Injectable()
export class Looks {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly jobs: JobsReader,
  ) {}

  async standings(machineId: string, kinds: readonly string[], met: Meeter, since: Date): Promise<ErrorStanding[]> {
    const looks = new Map<VerifyingAction, LookAt | null>();
    for (const action of new Set(kinds.map((kind) => verificationOf(kind, met).action))) {
      const analysed = action === 'apt_update_analyze';
      const look = analysed ? this.analysis(machineId, since) : this.run(machineId, action, since);
      looks.set(action, await look);
    }
    return kinds.map((kind) => {
      const { action } = verificationOf(kind, met);
      const look = looks.get(action) ?? null;
      const verdict = verdictOn(kind, met, look);
      const lookedAt = verdict === 'not_looked' ? null : (look?.at ?? null);
      return { kind, verdict, verifiedBy: action, lookedAt };
    });
  }

  private async analysis(machineId: string, since: Date): Promise<LookAt | null> {
    const newest = await this.snapshots.latest(machineId, APT_UPDATE_ANALYZE_CONTRACT);
    if (newest === null || newest.createdAt <= since) return null;
    const { createdAt: at, status, payload } = newest;
    if (!payload.readable) return { at, whole: false, refreshed: false, found: [] };
    const { errors, refresh } = payload.document as AptUpdateAnalyze;
    const refreshed = refresh.outcome !== 'skipped' && refresh.outcome !== 'unknown';
    return { at, whole: status !== 'error', refreshed, found: errors.map(({ kind }) => kind) };
  }

  private async run(machineId: string, action: VerifyingAction, since: Date): Promise<LookAt | null> {
    const job = await this.jobs.lastEnded(machineId, action, since);
    if (job?.finishedAt == null || job.status === 'cancelled') return null;
    const { finishedAt: at, status, errorKind } = job;
    return { at, whole: status !== 'error', refreshed: false, found: errorKind === null ? [] : [errorKind] };
  }
}
