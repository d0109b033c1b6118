import { Injectable } from '@nestjs/common';
import { affected, queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { OnDomainEvent, type DomainEvent } from '../../../kernel/events/domain-event';
import { LiveBus } from '../../../kernel/live/live-bus';
import { WINDOWS_CHANGED } from '../../windows/entities/windows.values';
import { say } from '../automation.sentences';
import type { TargetEnd } from './target-store';

/** The maintenance window that a machine of an occurrence waits for. */
export interface AwaitedWindow {
  readonly machineId: string;
  /** Place of the change in the list of the schedule. */
  readonly position: number;
  readonly windowName: string;
  readonly from: Date;
  readonly latestStart: Date;
}

/** A machine that may be begun, and where in the list. */
export interface NextTarget {
  readonly machineId: string;
  readonly position: number;
}

/**
 * Machines of occurrences whose change has to wait for a maintenance window. They have no place among those at work: when their window
 * opens, they come next as there is room, and are planned anew. Whoever writes holds the row of the occurrence.
 */
@Injectable()
export class HeldTargets {
  constructor(private readonly bus: LiveBus) {}

  async note(tx: Transaction, occurrenceId: string, awaited: AwaitedWindow): Promise<void> {
    const { machineId, position, from, latestStart, windowName } = awaited;
    await affected(tx.manager, NOTE, [occurrenceId, machineId, position, from, latestStart, windowName]);
  }

  /** Their place is for others until the window opens. */
  async leavePlaces(tx: Transaction, occurrenceId: string, machineIds: readonly string[]): Promise<void> {
    if (machineIds.length > 0) await affected(tx.manager, LEAVE_PLACE, [occurrenceId, machineIds]);
  }

  /** Those that come next. */
  async next(tx: Transaction, occurrenceId: string, now: Date, limit: number): Promise<NextTarget[]> {
    return queryRows<NextTarget>(tx.manager, NEXT, [occurrenceId, now, limit]);
  }

  /** The ends of those for which there was no place while their window was open. */
  async missed(tx: Transaction, occurrenceId: string, now: Date): Promise<TargetEnd[]> {
    const over = await queryRows<{ machine_id: string; window_name: string | null }>(tx.manager, OVER, [
      occurrenceId,
      now,
    ]);
    return over.map(({ machine_id, window_name }) => missedWindow(machine_id, window_name));
  }

  /** Windows are others now, or a machine's tags are: what waits is looked at again. */
  @OnDomainEvent(WINDOWS_CHANGED, 'machine_edited')
  async lookAgain({ machineId }: DomainEvent, tx: Transaction): Promise<void> {
    const found = await queryRows<{ id: string }>(tx.manager, LOOK_AGAIN, [machineId]);
    if (found.length > 0) this.bus.changed(tx, { scheduleIds: [...new Set(found.map(({ id }) => id))] });
  }
}

export function missedWindow(machineId: string, windowName: string | null): TargetEnd {
  const errorMessage = say.maintenance_missed({ window: windowName ?? '' });
  return { machineId, status: 'cancelled', errorKind: 'window_expired', errorMessage };
}

const NOTE = `
  UPDATE schedule_occurrence_targets SET position = $3, resume_at = $4, start_before = $5, window_name = $6
  WHERE occurrence_id = $1 AND machine_id = $2`;

const LEAVE_PLACE = `
  UPDATE schedule_occurrence_targets SET status = 'queued', stage = NULL
  WHERE occurrence_id = $1 AND machine_id = ANY ($2::uuid[]) AND status = 'running'`;

const NEXT = `
  SELECT machine_id AS "machineId", position FROM schedule_occurrence_targets
  WHERE occurrence_id = $1 AND status = 'queued' AND (resume_at IS NULL OR resume_at <= $2)
  ORDER BY machine_id LIMIT $3`;

const OVER = `
  SELECT machine_id, window_name FROM schedule_occurrence_targets
  WHERE occurrence_id = $1 AND status = 'queued' AND start_before <= $2`;

/** Of machines that are planned or fetch at this moment their next look decides. */
const LOOK_AGAIN = `
  UPDATE schedule_occurrence_targets t SET resume_at = NULL, start_before = NULL FROM schedule_occurrences o
  WHERE o.id = t.occurrence_id AND t.status = 'queued' AND t.resume_at > clock_timestamp()
    AND ($1::uuid IS NULL OR t.machine_id = $1)
  RETURNING o.schedule_id AS id`;
