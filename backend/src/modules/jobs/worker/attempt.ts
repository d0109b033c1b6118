import type { JobResult } from '../job-record';
import type { Claim } from './claims';
import type { StopReason } from './failures';
import type { Ending } from './outcomes';
import type { OwnSecrets } from './own-secrets';

/** The work on one claimed job, of whichever kind. */
export interface Attempt {
  readonly claim: Claim;
  /** Released once its end is written. */
  readonly secrets: OwnSecrets;
  readonly stoppedBy: StopReason | undefined;
  /** Ends it early, or asks it to. The first reason counts, but for the loss of the lease, which overrides all. */
  stop(reason: StopReason): void;
  /** Of a change that a person wants ended by force; asked for again until it is. */
  endByForce?(): void;
  result(): JobResult;
  /** Never rejects: whatever happens is an ending. */
  run(): Promise<Ending>;
}
