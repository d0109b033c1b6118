import { Injectable } from '@nestjs/common';
import { argon2id, hash, needsRehash, verify } from 'argon2';
import { DomainError } from '../../kernel/errors/domain-error';
import { say } from './accounts.sentences';

export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 128;

/** Argon2id with OWASP's parameters: 19 MiB, two passes. */
const parameters = { type: argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;

/** Hashes in flight at most: each holds 19 MiB, so a burst of sign-ins must not take the memory of the machine. */
const CONCURRENT = 4;
const WAITING = 64;

/** Hashes and checks passwords with a bound on memory. */
@Injectable()
export class Passwords {
  private running = 0;
  private readonly queue: (() => void)[] = [];
  /** A hash of nothing anyone knows: an unknown name must cost as much time as a wrong password. */
  private decoy: Promise<string> | undefined;

  hash(password: string): Promise<string> {
    return this.bounded(() => hash(password, parameters));
  }

  /** @param stored null checks against a decoy and is always false. */
  async matches(stored: string | null, password: string): Promise<boolean> {
    if (stored !== null) return this.bounded(() => verify(stored, password));
    this.decoy ??= hash('no account has this password', parameters);
    const decoy = await this.decoy;
    await this.bounded(() => verify(decoy, password));
    return false;
  }

  /** True when the hash was made with weaker parameters than today's. */
  isOutdated(stored: string): boolean {
    return needsRehash(stored, parameters);
  }

  private async bounded<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= CONCURRENT) {
      if (this.queue.length >= WAITING) {
        throw new DomainError({
          code: 'too_many_attempts',
          status: 429,
          detail: say.sign_in_crowded(),
          action: say.sign_in_crowded_action(),
          extensions: { retryAfterSeconds: 5 },
        });
      }
      await new Promise<void>((resolve) => this.queue.push(resolve));
    }
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      this.queue.shift()?.();
    }
  }
}
