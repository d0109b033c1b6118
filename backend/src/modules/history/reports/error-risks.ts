import { Injectable } from '@nestjs/common';
import type { Sentence } from '../../../kernel/sentences/sentences';

/** The risky way out of a class of errors, in a sentence that says what it costs; null: there is none. */
export type RiskOf = (kind: string) => Sentence | null;

/** What rooms above know of the errors that stand in the results of their changes, for reports. */
@Injectable()
export class ErrorRisks {
  private readonly known: RiskOf[] = [];

  register(riskOf: RiskOf): void {
    this.known.push(riskOf);
  }

  of(kind: string): Sentence | null {
    return this.known.map((riskOf) => riskOf(kind)).find((risk) => risk !== null) ?? null;
  }

  /** A result whose errors name the risky way out beside the safe one. */
  beside(result: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const { errors } = result;
    if (!Array.isArray(errors)) return result;
    const named = (errors as readonly { readonly kind: string }[]).map((error) => ({
      ...error,
      at_your_own_risk: this.of(error.kind),
    }));
    return { ...result, errors: named };
  }
}
