import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Contracts } from '../../../kernel/contracts/contracts';
import { unreadable } from '../../../kernel/contracts/document.dto';
import { queryOne, queryRows } from '../../../kernel/database/rows';
import type { CreatedCursor } from '../../../kernel/http/keyset-page';
import {
  SCHEDULE_ACTIONS,
  SCHEDULE_NOTIFY,
  SCHEDULE_POLICY,
  SCHEDULE_SCOPE,
  type ActionsDocument,
  type NotifyDocument,
  type PolicyDocument,
  type ScopeDocument,
} from '../contracts/schedule-documents';
import { OccurrencesReader } from '../occurrences/occurrences.reader';
import type { TimedSchedule } from '../occurrences/planned-times';
import { PolicySeals, type ConfirmedPolicy } from '../policy/policy-seals';
import { timingProblem } from '../times/due-times';
import type { ScheduleRecord, ScheduleWithLast } from './schedule-record';

type PlainFacts = Omit<
  ScheduleRecord,
  'scope' | 'actions' | 'policy' | 'notifyOn' | 'policyAltered' | 'timingProblem' | 'unreadable'
>;

/** A row as {@link SCHEDULE_COLUMNS} gives it. */
export interface ScheduleRow extends PlainFacts, ConfirmedPolicy {
  readonly id: string;
  readonly notify_on_json: unknown;
  readonly policyConfirmedBy: string | null;
  readonly policyConfirmedById: string | null;
  readonly policyConfirmedAt: Date | null;
}

export const SCHEDULE_COLUMNS = `s.id, s.name, s.enabled, s.cron, s.run_at AS "runAt", s.timezone, s.scope_json, s.actions_json, s.concurrency,
  s.notify_on_json, s.missed_runs AS "missedRuns", s.grace_seconds AS "graceSeconds", s.window_seconds AS "windowSeconds",
  s.policy_json, s.policy_seal, s.policy_confirmed_by AS "policyConfirmedBy", s.policy_confirmed_by_id AS "policyConfirmedById", s.policy_confirmed_at AS "policyConfirmedAt",
  s.last_run_at AS "lastRunAt", s.next_run_at AS "nextRunAt", s.created_at AS "createdAt", s.created_by AS "createdBy",
  s.updated_at AS "updatedAt", s.updated_by AS "updatedBy", s.version`;

/** Reads schedules. Removed ones are not found. */
@Injectable()
export class SchedulesReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
    private readonly occurrences: OccurrencesReader,
    private readonly seals: PolicySeals,
  ) {}

  async find(id: string, manager: EntityManager = this.dataSource.manager): Promise<ScheduleRecord | null> {
    const row = await queryOne<ScheduleRow>(manager, `${SELECT_SCHEDULE} AND s.id = $1`, [id]);
    return row === null ? null : this.toRecord(row);
  }

  /** The newest first. */
  async page(limit: number, after: CreatedCursor | null): Promise<ScheduleWithLast[]> {
    const rows = await queryRows<ScheduleRow>(
      this.dataSource,
      `${SELECT_SCHEDULE} AND ($1::timestamptz IS NULL OR (s.created_at, s.id) < ($1, $2::uuid))
       ORDER BY s.created_at DESC, s.id DESC LIMIT $3`,
      [after?.createdAt ?? null, after?.id ?? null, limit],
    );
    return this.withLast(rows.map((row) => this.toRecord(row)));
  }

  async byIds(ids: readonly string[]): Promise<ScheduleWithLast[]> {
    if (ids.length === 0) return [];
    const rows = await queryRows<ScheduleRow>(this.dataSource, `${SELECT_SCHEDULE} AND s.id = ANY($1::uuid[])`, [ids]);
    return this.withLast(rows.map((row) => this.toRecord(row)));
  }

  /** When those are due that are switched on and have a due time before `to`; by name. */
  async dueBefore(to: Date, id: string | null): Promise<TimedSchedule[]> {
    return queryRows<TimedSchedule>(this.dataSource, DUE_BEFORE, [to, id]);
  }

  toRecord(row: ScheduleRow): ScheduleRecord {
    const { scope_json, actions_json, notify_on_json, policy_json, policy_seal, ...facts } = row;
    const scope = this.contracts.read<ScopeDocument>(SCHEDULE_SCOPE.name, scope_json);
    const actions = this.contracts.read<ActionsDocument>(SCHEDULE_ACTIONS.name, actions_json);
    const notify =
      notify_on_json === null ? null : this.contracts.read<NotifyDocument>(SCHEDULE_NOTIFY.name, notify_on_json);
    const policy = policy_json === null ? null : this.contracts.read<PolicyDocument>(SCHEDULE_POLICY.name, policy_json);
    return {
      ...facts,
      scope: scope.readable ? scope.document : null,
      actions: actions.readable ? actions.document.actions : null,
      notifyOn: notify?.readable === true ? notify.document.on : [],
      policy: policy?.readable === true ? policy.document : null,
      policyAltered: this.seals.altered({ ...facts, scope_json, actions_json, policy_json, policy_seal }),
      timingProblem: timingProblem(facts)?.problem ?? null,
      unreadable: unreadable({
        [SCHEDULE_SCOPE.name]: scope,
        [SCHEDULE_ACTIONS.name]: actions,
        [SCHEDULE_NOTIFY.name]: notify,
        [SCHEDULE_POLICY.name]: policy,
      }),
    };
  }

  private async withLast(schedules: readonly ScheduleRecord[]): Promise<ScheduleWithLast[]> {
    const newest = await this.occurrences.newest(schedules.map(({ id }) => id));
    return schedules.map((schedule) => ({ ...schedule, lastOccurrence: newest.get(schedule.id) ?? null }));
  }
}

const SELECT_SCHEDULE = `SELECT ${SCHEDULE_COLUMNS} FROM schedules s WHERE s.deleted_at IS NULL`;

const DUE_BEFORE = `
  SELECT id, name, cron, run_at AS "runAt", timezone, next_run_at AS "nextRunAt" FROM schedules
  WHERE deleted_at IS NULL AND enabled AND next_run_at < $1 AND ($2::uuid IS NULL OR id = $2) ORDER BY lower(name), id`;
