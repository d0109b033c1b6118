import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../../kernel/audit/request-origin';
import type { Principal } from '../../../kernel/auth/actor';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { queryOne } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { DomainError, notFound } from '../../../kernel/errors/domain-error';
import { LiveBus } from '../../../kernel/live/live-bus';
import { say } from '../automation.sentences';
import { Firing } from '../engine/firing';
import { OccurrenceStops } from '../engine/occurrence-stops';
import { ScheduleInput } from '../schedules/schedule-input';
import { SchedulesReader } from '../schedules/schedules.reader';
import type { OccurrenceRecord } from './occurrence-record';
import { OccurrencesReader } from './occurrences.reader';

/** What people do about runs of schedules: start one by hand, end one before its time. */
@Injectable()
export class OccurrenceCommands {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly schedules: SchedulesReader,
    private readonly occurrences: OccurrencesReader,
    private readonly input: ScheduleInput,
    private readonly firing: Firing,
    private readonly stops: OccurrenceStops,
    private readonly clock: DatabaseClock,
    private readonly audit: AuditLog,
    private readonly bus: LiveBus,
  ) {}

  /** Starts what a schedule does, now, whether it is switched on or not. @throws DomainError 404, 403 */
  async runNow(scheduleId: string, by: Principal, origin: RequestOrigin): Promise<OccurrenceRecord> {
    return this.transactions.run(async (tx) => {
      await queryOne(tx.manager, 'SELECT id FROM schedules WHERE id = $1 FOR UPDATE', [scheduleId]);
      const schedule = await this.schedules.find(scheduleId, tx.manager);
      if (schedule === null) throw notFound('schedule');
      this.input.assertMayStart(schedule.actions ?? [], by);
      const now = await this.clock.now(tx.manager);
      const occurrenceId = await this.firing.fireByHand(tx, schedule, now, origin.actor);
      await this.audit.record(tx.manager, {
        ...origin,
        action: 'schedule.run',
        objectType: 'schedule',
        objectId: scheduleId,
        outcome: 'ok',
        details: { name: schedule.name, occurrenceId },
      });
      return this.required(tx, occurrenceId);
    });
  }

  /**
   * Begins no further machine, ends jobs that wait and asks those that run to stop; it is over when they are. Jobs that somebody else
   * asked for too go on.
   * @throws DomainError 404, or 409 `occurrence_ended`
   */
  async cancel(id: string, reason: string | null, origin: RequestOrigin): Promise<OccurrenceRecord> {
    return this.transactions.run(async (tx) => {
      await queryOne(tx.manager, 'SELECT id FROM schedule_occurrences WHERE id = $1 FOR UPDATE', [id]);
      const occurrence = await this.required(tx, id);
      if (occurrence.finishedAt !== null) {
        throw new DomainError({ code: 'occurrence_ended', status: 409, detail: say.occurrence_ended() });
      }
      const { scheduleId, scheduleName: name, dueAt } = occurrence;
      const now = await this.clock.now(tx.manager);
      await this.stops.stop(tx, id, origin.actor, now);
      await this.audit.record(tx.manager, {
        ...origin,
        action: 'schedule.occurrence_cancelled',
        objectType: 'schedule',
        objectId: scheduleId,
        outcome: 'ok',
        details: { name, occurrenceId: id, dueAt: dueAt.toISOString(), reason },
      });
      this.bus.changed(tx, { scheduleIds: [scheduleId] });
      return this.required(tx, id);
    });
  }

  private async required(tx: Transaction, id: string): Promise<OccurrenceRecord> {
    const occurrence = await this.occurrences.find(id, tx.manager);
    if (occurrence === null) throw notFound('occurrence');
    return occurrence;
  }
}
