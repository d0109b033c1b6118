import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { queryRows } from '../../../kernel/database/rows';
import { keysetPage, type Page, type PageRequest } from '../../../kernel/http/keyset-page';
import type { JobRecord } from '../job-record';
import { JobsReader } from '../jobs.reader';
import { filterValues, LETTER_IS_OPEN, OPEN_LETTERS, type LetterFilter } from './open-letters';

const CURSOR_SCOPE = 'dead-letters';

/** How many dead letters of a class of error there are. */
export interface LetterCount {
  readonly errorKind: string;
  readonly count: number;
  readonly machines: number;
}

/** Reads the dead letters that nobody has dealt with. */
@Injectable()
export class DeadLettersReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly jobs: JobsReader,
  ) {}

  /** Newest first. */
  async page(filter: LetterFilter, page: PageRequest): Promise<Page<JobRecord>> {
    const { items, nextCursor } = await this.ids(filter, page);
    const byId = new Map((await this.jobs.byIds(items)).map((job) => [job.id, job]));
    return { items: items.flatMap((id) => byId.get(id) ?? []), nextCursor };
  }

  /** The same, ids alone. */
  async ids(filter: LetterFilter, page: PageRequest): Promise<Page<string>> {
    const select = `SELECT j.id ${OPEN_LETTERS}`;
    const found = await keysetPage<{ id: string }>(
      this.dataSource,
      CURSOR_SCOPE,
      select,
      filterValues(filter),
      'died_at',
      page,
    );
    return { items: found.items.map(({ id }) => id), nextCursor: found.nextCursor };
  }

  /** Of all of them, whatever the page: the most frequent first. */
  async counts(): Promise<LetterCount[]> {
    return queryRows<LetterCount>(this.dataSource, COUNTS);
  }
}

const COUNTS = `
  SELECT j.error_kind AS "errorKind", count(*)::integer AS count, count(DISTINCT j.machine_id)::integer AS machines
  FROM jobs j WHERE j.died_at IS NOT NULL AND ${LETTER_IS_OPEN}
  GROUP BY j.error_kind ORDER BY count(*) DESC, j.error_kind`;
