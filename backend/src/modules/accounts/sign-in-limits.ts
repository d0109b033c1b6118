import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { DomainError } from '../../kernel/errors/domain-error';
import { say } from './accounts.sentences';

const QUARTER_HOUR = 15 * 60;

/** Counts sign-in attempts in the database, so that several API processes share the count. */
@Injectable()
export class SignInLimits {
  /** Guessing one person's password. Bound to the address too, so that nobody can lock somebody else out. */
  private readonly perName: RateLimiterPostgres;
  /** Guessing over many names. */
  private readonly perAddress: RateLimiterPostgres;

  constructor(database: DataSource) {
    const storeClient = (database.driver as PostgresDriver).master as Pool;
    const shared = { storeClient, tableName: 'rate_limits', tableCreated: true, duration: QUARTER_HOUR };
    this.perName = new RateLimiterPostgres({ ...shared, keyPrefix: 'sign_in_name', points: 8 });
    this.perAddress = new RateLimiterPostgres({ ...shared, keyPrefix: 'sign_in_address', points: 60 });
  }

  /** Spends one attempt. @throws DomainError `too_many_attempts` (429) with `retryAfterSeconds`. */
  async check(username: string, ip: string | null): Promise<void> {
    await this.spend(this.perAddress, ip ?? 'unknown');
    await this.spend(this.perName, nameKey(username, ip));
  }

  async succeeded(username: string, ip: string | null): Promise<void> {
    await this.perName.delete(nameKey(username, ip));
  }

  private async spend(limiter: RateLimiterPostgres, key: string): Promise<void> {
    try {
      await limiter.consume(key);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const retryAfterSeconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
      throw new DomainError({
        code: 'too_many_attempts',
        status: 429,
        detail: say.too_many_attempts(),
        action: say.too_many_attempts_action({ minutes: Math.ceil(retryAfterSeconds / 60) }),
        extensions: { retryAfterSeconds },
      });
    }
  }
}

function nameKey(username: string, ip: string | null): string {
  return `${username.toLowerCase()}|${ip ?? 'unknown'}`;
}
