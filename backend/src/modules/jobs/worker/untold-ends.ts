import type { Logger } from '@nestjs/common';
import { isOfDatabase } from './failures';

/**
 * Ends a job that no worker has in hand. Where whoever listens to ends of jobs fails at this one, it is ended without telling them: they
 * find it in the tables. One that cannot be ended so either is left to the next sweep, and keeps no other from being ended.
 * @param end in a transaction of its own
 */
export async function endByItself(logger: Logger, jobId: string, end: (told: boolean) => Promise<void>): Promise<void> {
  try {
    await end(true);
  } catch (error) {
    if (isOfDatabase(error)) throw error;
    logger.error({ err: error, jobId }, 'A job that nobody follows could not be ended as others are.');
    await endUntold(logger, jobId, end);
  }
}

async function endUntold(logger: Logger, jobId: string, end: (told: boolean) => Promise<void>): Promise<void> {
  try {
    await end(false);
  } catch (error) {
    if (isOfDatabase(error)) throw error;
    logger.error({ err: error, jobId }, 'A job that nobody follows could not be ended; the next check tries again.');
  }
}
