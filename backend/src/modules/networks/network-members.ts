import { Injectable } from '@nestjs/common';
import { systemActor } from '../../kernel/auth/actor';
import { queryRows } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import { DomainEvents } from '../../kernel/events/domain-events';
import { NETWORKS_CHANGED } from './entities/networks.values';
import { say } from './networks.sentences';

/** Machines learn addresses and people change networks: neither may decide by what the other is about to change. */
const MEMBERS_LOCK = 7_388_120_341;

/** Which machine belongs to which network: that with the narrowest range around its address. Stored with the machine. */
@Injectable()
export class NetworkMembers {
  constructor(private readonly events: DomainEvents) {}

  /** Before networks are changed, or machines locked whose address is. Several machines at once hold up nobody. */
  async hold(tx: Transaction, what: 'networks' | 'address'): Promise<void> {
    const shared = what === 'address' ? '_shared' : '';
    await queryRows(tx.manager, `SELECT pg_advisory_xact_lock${shared}($1)`, [MEMBERS_LOCK]);
  }

  /** Decides anew, for one machine or for all, and tells which belong elsewhere now. */
  async assign(tx: Transaction, machineId: string | null = null): Promise<void> {
    const moving = await queryRows<{ id: string }>(tx.manager, MOVING, [machineId]);
    if (moving.length === 0) return;
    const machineIds = moving.map(({ id }) => id);
    // In the order in which everybody locks machines.
    await queryRows(tx.manager, LOCK, [machineIds]);
    await queryRows(tx.manager, ASSIGN, [machineIds]);
    await this.events.publish(tx, {
      type: NETWORKS_CHANGED,
      machineId: null,
      severity: 'info',
      actor: systemActor,
      message: say.networks_changed(),
      payload: { machineIds },
    });
  }
}

const FOUND = `
  (SELECT r.network_id FROM network_ranges r WHERE r.range >>= m.address ORDER BY masklen(r.range) DESC LIMIT 1)`;

const MOVING = `
  SELECT m.id FROM machines m WHERE ($1::uuid IS NULL OR m.id = $1) AND m.network_id IS DISTINCT FROM ${FOUND} ORDER BY m.id`;

const LOCK = 'SELECT id FROM machines WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE';

const ASSIGN = `UPDATE machines m SET network_id = ${FOUND} WHERE m.id = ANY($1::uuid[])`;
