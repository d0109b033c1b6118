import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import type { AuditAction } from '../../kernel/audit/audit-actions';
import { Clock } from '../../kernel/clock';
import { queryOne, queryRows } from '../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { notFound } from '../../kernel/errors/domain-error';
import { MachineState } from '../machines/machine-state';
import type { GroupDecisionDto, MessageDto } from './dto/messages.dto';
import { MessagesReader } from './messages.reader';

/** People acknowledge what machines said, or open it again. The messages stay; the audit keeps each decision. */
@Injectable()
export class MessageDecisions {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly reader: MessagesReader,
    private readonly state: MachineState,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `not_found` */
  acknowledge(id: string, origin: RequestOrigin): Promise<MessageDto> {
    return this.decide(id, origin, true);
  }

  /** Opens it again. @throws DomainError `not_found` */
  reopen(id: string, origin: RequestOrigin): Promise<MessageDto> {
    return this.decide(id, origin, false);
  }

  /** Acknowledges a message wherever it is open. Where nobody has anything to acknowledge, nothing happens. */
  acknowledgeGroup(key: string, origin: RequestOrigin): Promise<GroupDecisionDto> {
    const now = this.clock.now();
    return this.decideGroup(key, origin, 'message.acknowledged', now, [
      ACKNOWLEDGE_GROUP,
      [key, now, origin.actor.name],
    ]);
  }

  /** Takes an acknowledgement of a group back: what it acknowledged is open again, and nothing else. */
  reopenGroup(key: string, acknowledgedAt: Date, origin: RequestOrigin): Promise<GroupDecisionDto> {
    return this.decideGroup(key, origin, 'message.reopened', acknowledgedAt, [REOPEN_GROUP, [key, acknowledgedAt]]);
  }

  private decide(id: string, origin: RequestOrigin, acknowledged: boolean): Promise<MessageDto> {
    return this.transactions.run(async (tx) => {
      const sql = acknowledged ? ACKNOWLEDGE : REOPEN;
      const params = acknowledged ? [id, this.clock.now(), origin.actor.name] : [id];
      const changed = await queryOne<{ machineId: string }>(tx.manager, sql, params);
      const message = await this.reader.find(id, tx.manager);
      if (message === null) throw notFound('message');
      // Decided so already, by somebody else or by the same person twice: who and when stay as they are.
      if (changed === null) return message;
      await this.record(tx, origin, acknowledged ? 'message.acknowledged' : 'message.reopened', id, message, [
        changed.machineId,
      ]);
      return message;
    });
  }

  private decideGroup(
    key: string,
    origin: RequestOrigin,
    action: AuditAction,
    at: Date,
    [sql, params]: readonly [string, readonly unknown[]],
  ): Promise<GroupDecisionDto> {
    return this.transactions.run(async (tx) => {
      const rows = await queryRows<{ id: string; machineId: string }>(tx.manager, sql, params);
      const first = rows[0];
      if (first === undefined) return { machines: 0, acknowledgedAt: null };
      const message = await this.reader.find(first.id, tx.manager);
      if (message === null) throw notFound('message');
      const machineIds = [...new Set(rows.map(({ machineId }) => machineId))];
      await this.record(tx, origin, action, null, message, machineIds);
      return { machines: machineIds.length, acknowledgedAt: at };
    });
  }

  private async record(
    tx: Transaction,
    origin: RequestOrigin,
    action: AuditAction,
    objectId: string | null,
    { message, packageName, component }: MessageDto,
    machineIds: readonly string[],
  ): Promise<void> {
    const counts = await queryRows<{ machineId: string; open: number }>(tx.manager, OPEN, [machineIds]);
    for (const { machineId, open } of counts) this.state.patch(tx, machineId, { openMessagesCount: open });
    await this.audit.record(tx.manager, {
      ...origin,
      action,
      objectType: 'message',
      objectId,
      machineId: objectId === null ? null : (machineIds[0] ?? null),
      outcome: 'ok',
      details: { message, packageName, component, machines: machineIds.length },
    });
  }
}

const ACKNOWLEDGE = `
  UPDATE important_messages SET acknowledged = true, acknowledged_at = $2, acknowledged_by = $3
   WHERE id = $1 AND NOT acknowledged RETURNING machine_id AS "machineId"`;
const REOPEN = `
  UPDATE important_messages SET acknowledged = false, acknowledged_at = NULL, acknowledged_by = NULL
   WHERE id = $1 AND acknowledged RETURNING machine_id AS "machineId"`;

/** In the order of their ids, so that two who decide at once wait for each other instead of standing in each other's way. */
const held = (where: string): string => `
  WITH held AS (SELECT id FROM important_messages WHERE dedup_key = $1 AND ${where} ORDER BY id FOR UPDATE)`;
const ACKNOWLEDGE_GROUP = `${held('NOT acknowledged')}
  UPDATE important_messages m SET acknowledged = true, acknowledged_at = $2, acknowledged_by = $3
    FROM held WHERE m.id = held.id RETURNING m.id, m.machine_id AS "machineId"`;
const REOPEN_GROUP = `${held('acknowledged AND acknowledged_at = $2')}
  UPDATE important_messages m SET acknowledged = false, acknowledged_at = NULL, acknowledged_by = NULL
    FROM held WHERE m.id = held.id RETURNING m.id, m.machine_id AS "machineId"`;
const OPEN = `
  SELECT machine.id AS "machineId", (SELECT count(*)::int FROM important_messages m WHERE m.machine_id = machine.id AND NOT m.acknowledged) AS open
    FROM machines machine WHERE machine.id = ANY($1::uuid[]) ORDER BY machine.id`;
