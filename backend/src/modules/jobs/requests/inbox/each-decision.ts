import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '../../../../kernel/audit/request-origin';
import { DomainError } from '../../../../kernel/errors/domain-error';
import { deciderOf } from '../decider';
import { Requests, type Confirmation } from '../requests.service';

export interface NamedConfirmation extends Confirmation {
  readonly id: string;
}

/** What became of one request among those that were decided together. */
export interface EachResult {
  readonly id: string;
  /** The job that carries it out; null of one that was rejected, or refused. */
  readonly jobId: string | null;
  /** Why it was not decided; null: it was. */
  readonly refusal: DomainError | null;
}

/**
 * Decides many requests, each by itself: by its own digest and its own rules, in a transaction of its own, with a line of its
 * own in the audit. One that is refused keeps none of the others from being decided. For a rule about the number of machines
 * they count together.
 */
@Injectable()
export class EachDecision {
  constructor(private readonly requests: Requests) {}

  /** @throws DomainError 403 `person_needed` */
  async confirm(wanted: readonly NamedConfirmation[], origin: RequestOrigin): Promise<EachResult[]> {
    deciderOf(origin);
    const together = new Set(wanted.map(({ id }) => id)).size;
    return this.each(
      wanted,
      async ({ id, ...given }) => (await this.requests.confirm(id, { ...given, together }, origin)).id,
    );
  }

  /** @throws DomainError 403 `person_needed` */
  async reject(ids: readonly string[], reason: string | null, origin: RequestOrigin): Promise<EachResult[]> {
    deciderOf(origin);
    const wanted = ids.map((id) => ({ id }));
    return this.each(wanted, async ({ id }) => {
      await this.requests.reject(id, reason, origin);
      return null;
    });
  }

  /** One after the other: each holds the queue of its machine. What is no refusal but a fault ends it. */
  private async each<T extends { readonly id: string }>(
    wanted: readonly T[],
    decide: (one: T) => Promise<string | null>,
  ): Promise<EachResult[]> {
    const results: EachResult[] = [];
    for (const one of wanted) {
      try {
        results.push({ id: one.id, jobId: await decide(one), refusal: null });
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        results.push({ id: one.id, jobId: null, refusal: error });
      }
    }
    return results;
  }
}
