import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { sqlState } from '../../../kernel/database/transaction';
import type { Claim } from './claims';
import { begunFailureOf, failureOf, isOfDatabase } from './failures';
import { FenceLostError, type AttemptFacts, type Ending, type Outcomes } from './outcomes';

/** Writes are tried again for as long as a database may reasonably be away, full, or held by somebody. */
export const OUTCOME_PATIENCE_MS = 15 * 60_000;
const LONGEST_PAUSE_MS = 5_000;
/** query_canceled: as a statement that never comes to its end within its time ends each time. */
const TOOK_TOO_LONG = '57014';

/** Writes the ends of attempts, whatever the database has to say about it. */
export class OutcomeWriter {
  private readonly logger = new Logger(OutcomeWriter.name);

  constructor(
    private readonly outcomes: Outcomes,
    private readonly patienceMs = OUTCOME_PATIENCE_MS,
  ) {}

  /**
   * Tried again while the database is away or refuses for a reason of its own. A result that cannot be stored for another reason ends the job
   * as that failure, and an end that others cannot be told of is written without telling them: no fault of ours keeps a machine taken.
   * @throws the error of a database that came to itself too late: nothing is written then. Once the lock has run out another worker goes on, and
   *   what a change has left on its machine is collected again.
   */
  async write(claim: Claim, ending: Ending, facts: AttemptFacts): Promise<void> {
    const deadline = Date.now() + this.patienceMs;
    for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        await this.outcomes.write(claim, ending, facts);
        return;
      } catch (error) {
        const { jobId, fence } = claim;
        if (error instanceof FenceLostError) {
          this.logger.warn({ jobId, fence }, 'The lock went to another; the result was dropped.');
          return;
        }
        if (isOfDatabase(error) && Date.now() < deadline) {
          this.logger.warn({ err: error, jobId }, 'The database does not take a result; it is tried again.');
          await delay(pauseMs);
          continue;
        }
        const lesser = lesserEnding(ending, error);
        if (lesser === null) throw error;
        this.logger.error({ err: error, jobId }, 'A result could not be stored.');
        await this.write(claim, lesser, facts);
        return;
      }
    }
  }
}

/** What is left to write when an end could not be written; null: nothing. Pure. */
function lesserEnding(ending: Ending, error: unknown): Ending | null {
  if (isOfDatabase(error) && sqlState(error) !== TOOK_TOO_LONG) return null;
  switch (ending.kind) {
    case 'collected':
      return { kind: 'failed', failure: failureOf(error) };
    case 'changed':
      return { kind: 'failed', failure: begunFailureOf(error) };
    case 'failed':
    case 'cancelled':
      return ending.untold === true ? null : { ...ending, untold: true };
    default:
      return null;
  }
}
