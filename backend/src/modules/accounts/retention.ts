import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { purgeInBatches } from '../../kernel/retention/purge-steps';
import { RetentionRule, type RemovedCounts, type Retention } from '../../kernel/retention/retention-rule';

const KEPT_MS = 30 * 86_400_000;

@Injectable()
@RetentionRule()
export class SessionsRetention implements Retention {
  readonly name = 'sessions';
  readonly description =
    'Sessions and one-time links, 30 days after they can be used no more. Who signed in, and who invited whom, stays in the audit log.';

  constructor(private readonly database: DataSource) {}

  async purge(now: Date, signal: AbortSignal): Promise<RemovedCounts> {
    const before = [new Date(now.getTime() - KEPT_MS)];
    return {
      sessions: await purgeInBatches(this.database, ENDED_SESSIONS, before, signal),
      one_time_links: await purgeInBatches(this.database, USELESS_LINKS, before, signal),
    };
  }
}

/** Whoever was idle for too long has no session either, and its time is over soon after. */
const ENDED_SESSIONS = `
  DELETE FROM sessions WHERE id = ANY (ARRAY(SELECT id FROM sessions WHERE expires_at < $1 OR revoked_at < $1 LIMIT $2))`;

const USELESS_LINKS = `
  DELETE FROM one_time_links WHERE id = ANY (ARRAY(
    SELECT id FROM one_time_links WHERE expires_at < $1 OR used_at < $1 LIMIT $2))`;
