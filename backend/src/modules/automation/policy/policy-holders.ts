import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { roleAllows, type Role } from '../../../kernel/auth/permissions';
import { queryRows } from '../../../kernel/database/rows';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../automation.sentences';

interface HolderRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly active: boolean;
}

/** The people in whose name schedules change machines. */
@Injectable()
export class PolicyHolders {
  /**
   * Why what they allowed in advance counts no more; null: it does. Nobody allows in advance what they could not confirm now.
   * @param ids users who answer for it, whoever confirmed the policy first; null: not known
   */
  async problem(manager: EntityManager, ids: readonly string[] | null): Promise<Sentence | null> {
    if (ids === null || ids.length === 0) return say.policy_of_nobody();
    const found = await queryRows<HolderRow>(manager, HOLDERS, [ids]);
    for (const id of ids) {
      const holder = found.find((one) => one.id === id);
      if (holder === undefined) return say.policy_of_nobody();
      const { name, role, active } = holder;
      if (!active || !roleAllows(role, 'changes.confirm')) return say.policy_holder_may_not({ name });
    }
    return null;
  }
}

const HOLDERS = `
  SELECT id, display_name AS name, role, status = 'active' AS active FROM users WHERE id = ANY($1::uuid[])`;
