import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Contracts } from '../../../kernel/contracts/contracts';
import { queryRows } from '../../../kernel/database/rows';
import { SCHEDULE_DEFINITION, type DefinitionDocument } from '../contracts/schedule-documents';
import type { ActiveOccurrence } from './occurrence-record';
import { changeAtWork } from '../engine/changes-at-work';
import { overridden } from '../engine/target-overrides';
import { activeOccurrences } from './occurrences.reader';

/** More at the same time are not told one by one. */
const MOST = 100;

type ActiveRow = Omit<ActiveOccurrence, 'concurrency'> & { readonly definition: unknown };

/** Reads what schedules are at now: what of it is at work, and what waits for its window or for a place. */
@Injectable()
export class ActiveOccurrences {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
  ) {}

  /** The first due first. */
  async list(): Promise<ActiveOccurrence[]> {
    const rows = await queryRows<ActiveRow>(this.dataSource, ACTIVE, [MOST]);
    return rows.map(({ definition, ...row }) => ({ ...row, concurrency: this.concurrencyOf(definition) }));
  }

  /** Of the run, which keeps to what its schedule said when it was due. */
  private concurrencyOf(definition: unknown): number | null {
    const reading = this.contracts.read<DefinitionDocument>(SCHEDULE_DEFINITION.name, definition);
    return reading.readable ? reading.document.concurrency : null;
  }
}

const ACTIVE = activeOccurrences(`
  o.definition_json AS definition,
  (SELECT count(*)::integer FROM schedule_occurrence_targets t
    WHERE t.occurrence_id = o.id AND t.status = 'queued' AND t.resume_at > database_now()
      AND NOT ${overridden('database_now()')}) AS "heldCount",
  (SELECT count(*)::integer FROM schedule_occurrence_targets t
    WHERE t.occurrence_id = o.id AND t.status = 'queued' AND (t.resume_at IS NULL OR t.resume_at <= database_now() OR ${overridden('database_now()')})
      AND ${changeAtWork('t.machine_id')}) AS "blockedCount"`);
