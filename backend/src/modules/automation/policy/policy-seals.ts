import { Injectable } from '@nestjs/common';
import { canonicalJson } from '../../../kernel/contracts/canonical-json';
import { affected, queryOne } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { Keyring } from '../../../kernel/secrets/keyring';

/** What somebody confirmed by saving a schedule, as it is stored. */
export interface ConfirmedPolicy {
  readonly id: string;
  readonly scope_json: unknown;
  readonly actions_json: unknown;
  /** Null: it only reads. */
  readonly policy_json: unknown;
  readonly policyConfirmedBy: string | null;
  readonly policyConfirmedById: string | null;
  readonly policyConfirmedAt: Date | null;
  readonly policy_seal: string | null;
}

/** What a due time was made from, as it is stored. */
export interface KeptDefinition {
  readonly id: string;
  readonly schedule_id: string;
  /** Users who answer for it; null: not known. */
  readonly answerable_ids: readonly string[] | null;
  readonly definition_json: unknown;
}

const POLICY_PURPOSE = 'schedules policy';
const DEFINITION_PURPOSE = 'schedule_occurrences definition';

/**
 * A policy approves plans in advance, so only what was confirmed here is one: what a schedule does, on which machines, what it may
 * change, who confirmed that and when are signed with a key that is not in the database, and so is what each due time takes of it.
 */
@Injectable()
export class PolicySeals {
  constructor(private readonly keyring: Keyring) {}

  /** Seals the policy of a schedule as it stands in `tx`: whoever calls has just stored what a person confirmed. */
  async seal(tx: Transaction, scheduleId: string): Promise<void> {
    const stored = await queryOne<ConfirmedPolicy>(tx.manager, STORED, [scheduleId]);
    if (stored === null) throw new Error(`The schedule ${scheduleId} is gone.`);
    const seal = stored.policy_json === null ? null : this.keyring.sign(POLICY_PURPOSE, policyText(stored));
    await affected(tx.manager, 'UPDATE schedules SET policy_seal = $2 WHERE id = $1', [scheduleId, seal]);
  }

  /** The schedule has a policy, and it is not the one that somebody confirmed. */
  altered(stored: ConfirmedPolicy): boolean {
    const { policy_json, policy_seal } = stored;
    return policy_json !== null && !this.keyring.verify(POLICY_PURPOSE, policyText(stored), policy_seal ?? '');
  }

  /** @returns the seal of a due time whose schedule is as it was confirmed */
  ofDefinition(kept: KeptDefinition): string {
    return this.keyring.sign(DEFINITION_PURPOSE, definitionText(kept));
  }

  definitionIntact(kept: KeptDefinition, seal: string | null): boolean {
    return this.keyring.verify(DEFINITION_PURPOSE, definitionText(kept), seal ?? '');
  }
}

function policyText(confirmed: ConfirmedPolicy): string {
  const { id, scope_json, actions_json, policy_json, policyConfirmedBy, policyConfirmedById, policyConfirmedAt } =
    confirmed;
  const who = [policyConfirmedBy, policyConfirmedById, policyConfirmedAt];
  return canonicalJson([id, scope_json, actions_json, policy_json, ...who]);
}

function definitionText({ id, schedule_id, answerable_ids, definition_json }: KeptDefinition): string {
  return canonicalJson([id, schedule_id, answerable_ids, definition_json]);
}

const STORED = `
  SELECT id, scope_json, actions_json, policy_json, policy_confirmed_by AS "policyConfirmedBy",
    policy_confirmed_by_id AS "policyConfirmedById", policy_confirmed_at AS "policyConfirmedAt", policy_seal
  FROM schedules WHERE id = $1`;
