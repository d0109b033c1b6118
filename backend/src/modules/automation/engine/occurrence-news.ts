import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../kernel/auth/actor';
import { Contracts } from '../../../kernel/contracts/contracts';
import { queryOne } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import type { EventSeverity } from '../../../kernel/events/domain-event';
import { DomainEvents } from '../../../kernel/events/domain-events';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../automation.sentences';
import { SCHEDULE_NOTIFY, type NotifyDocument, type NotifyOn } from '../contracts/schedule-documents';
import type { FinalStatus } from '../entities/automation.values';
import type { ScheduleRecord } from '../schedules/schedule-record';
import type { TargetCounts } from './target-store';

/** How an occurrence ended. */
export interface OccurrenceEnd {
  readonly id: string;
  readonly scheduleId: string;
  readonly actor: Actor;
  readonly status: FinalStatus;
  readonly errorKind: string | null;
  /** Null: it ended before its machines were chosen. */
  readonly counts: TargetCounts | null;
  /** Machines whose plan waits for a person. */
  readonly approvalNeeded: number;
}

/** A due time that ended as it came. */
export interface NotStarted {
  readonly dueAt: Date;
  readonly status: 'cancelled' | 'error';
  readonly errorKind: string;
}

/**
 * Publishes what became of due times. `notify` of each event is what of it people want to be told of by the schedule's
 * `notify_on`; empty: nothing.
 */
@Injectable()
export class OccurrenceNews {
  constructor(
    private readonly events: DomainEvents,
    private readonly contracts: Contracts,
  ) {}

  async ended(tx: Transaction, { actor, ...end }: OccurrenceEnd, message: Sentence): Promise<void> {
    const { id: occurrenceId, scheduleId, status, errorKind, counts, approvalNeeded } = end;
    const wanted = await this.wanted(tx, scheduleId);
    const happened: NotifyOn[] = approvalNeeded > 0 ? [status, 'approval_needed'] : [status];
    const notify = happened.filter((one) => wanted.includes(one));
    const payload = { occurrenceId, scheduleId, status, errorKind, counts, approvalNeeded, notify };
    await this.publish(tx, 'schedule_occurrence_ended', actor, status, message, payload);
  }

  /** Of one schedule, in order: after a downtime there may be hundreds, and they are told of together. */
  async notStarted(
    tx: Transaction,
    { id, name, notifyOn }: Pick<ScheduleRecord, 'id' | 'name' | 'notifyOn'>,
    times: readonly NotStarted[],
  ): Promise<void> {
    const actor = { type: 'schedule', id, name } as const;
    for (const status of ['cancelled', 'error'] as const) {
      const own = times.filter((one) => one.status === status);
      const [first, last] = [own.at(0), own.at(-1)];
      if (first === undefined || last === undefined) continue;
      const payload = {
        scheduleId: id,
        status,
        errorKinds: [...new Set(own.map(({ errorKind }) => errorKind))],
        count: own.length,
        firstDueAt: first.dueAt.toISOString(),
        lastDueAt: last.dueAt.toISOString(),
        notify: notifyOn.includes(status) ? [status] : [],
      };
      const said = status === 'error' ? say.ended_unreadable({ name }) : say.not_started({ name, count: own.length });
      await this.publish(tx, 'schedule_occurrences_not_started', actor, status, said, payload);
    }
  }

  private async publish(
    tx: Transaction,
    type: string,
    actor: Actor,
    status: FinalStatus,
    message: Sentence,
    payload: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.events.publish(tx, { type, machineId: null, severity: severityOf(status), actor, message, payload });
  }

  private async wanted(tx: Transaction, scheduleId: string): Promise<readonly NotifyOn[]> {
    const row = await queryOne<{ notify_on_json: unknown }>(tx.manager, NOTIFY_ON, [scheduleId]);
    const reading = this.contracts.read<NotifyDocument>(SCHEDULE_NOTIFY.name, row?.notify_on_json ?? null);
    return reading.readable ? reading.document.on : [];
  }
}

function severityOf(status: FinalStatus): EventSeverity {
  return status === 'error' || status === 'warning' ? status : 'info';
}

const NOTIFY_ON = 'SELECT notify_on_json FROM schedules WHERE id = $1';
