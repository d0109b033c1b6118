import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Contracts } from '../../kernel/contracts/contracts';
import { prepared } from '../../kernel/database/prepared';
import { queryOne, queryRows } from '../../kernel/database/rows';
import { JOB_STEPS, stepsDocument } from './contracts/job-documents';
import type { LogStream } from './entities/jobs.values';
import { JobLogBatches, type PreparedWrite } from './job-log-batches';
import type { LogLine } from './job-record';
import { logRows, type ProgressWrite } from './log-rows';

export interface LogPage {
  readonly lines: LogLine[];
  readonly lastSeq: number;
  /** No more lines will come. */
  readonly ended: boolean;
}

/** Rows are read in portions of this size, so that a long log never lies in memory whole. */
const ROWS_PER_READ = 50;
/** A page ends after so many signs, however few its lines are. */
const PAGE_LENGTH = 1024 * 1024;

interface ChunkRow {
  seq: string;
  stream: LogStream;
  section: string | null;
  text: string;
  created_at: Date;
}

/** The live log: rows of `job_log_chunks`, numbered line by line by the holder of the job's fence. */
@Injectable()
export class JobLogRepository {
  private readonly batches: JobLogBatches;

  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
  ) {
    this.batches = new JobLogBatches(dataSource, (one) => this.writeOne(one));
  }

  /**
   * Writes lines and progress of a running job. Since the job's row is locked while the lines are numbered, a later
   * number never becomes visible before an earlier one. What several jobs write at the same moment goes together.
   *
   * @returns the new last number, or null when the fence is lost: then nothing was written
   */
  async write(write: ProgressWrite): Promise<number | null> {
    const { progress } = write;
    const steps = progress && this.contracts.document(JOB_STEPS.name, stepsDocument(progress.steps));
    return this.batches.add({ write, steps: steps ?? null });
  }

  private async writeOne({ write, steps }: PreparedWrite): Promise<number | null> {
    const { count, upTo, streams, sections, texts } = logRows(write.chunks);
    const row = await queryOne<{ last_seq: string }>(this.dataSource, WRITE, [
      write.jobId,
      write.fence,
      write.lastSeq,
      count,
      write.progress?.phase ?? null,
      write.progress?.step ?? null,
      steps,
      upTo,
      streams,
      sections,
      texts,
      write.at,
      write.logOffset ?? null,
      write.contact ?? false,
    ]);
    if (row !== null) return Number(row.last_seq);
    return this.writtenBefore(write, count);
  }

  /** Lines after `after` in order: at most `limit`, fewer where they are long. Null when there is no such job. */
  async read(jobId: string, after: number, limit: number): Promise<LogPage | null> {
    const job = await queryOne<{ last_seq: string; status: string }>(
      this.dataSource,
      'SELECT last_seq, status FROM jobs WHERE id = $1',
      [jobId],
    );
    if (job === null) return null;
    const lastSeq = Number(job.last_seq);
    const lines = after >= lastSeq ? [] : await this.lines(jobId, after, limit);
    const reached = lines.at(-1)?.seq ?? after;
    const finished = job.status !== 'queued' && job.status !== 'running';
    return { lines, lastSeq, ended: finished && reached >= lastSeq };
  }

  /** Every line of a job's log in order, in portions. */
  async *texts(jobId: string): AsyncGenerator<string[]> {
    for (let after = 0; ;) {
      const rows = await this.rows(jobId, after);
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows.flatMap(({ text }) => text.split('\n'));
      after = Number(last.seq);
    }
  }

  private async lines(jobId: string, after: number, limit: number): Promise<LogLine[]> {
    const lines: LogLine[] = [];
    let length = 0;
    for (let from = after; lines.length < limit && length < PAGE_LENGTH;) {
      const rows = await this.rows(jobId, from);
      for (const row of rows) {
        if (lines.length >= limit) break;
        lines.push(...linesOf(row, after, limit - lines.length));
        length += row.text.length;
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < ROWS_PER_READ) break;
      from = Number(last.seq);
    }
    return lines;
  }

  /** Of the rows whose last line comes after `after`, the first few. */
  private rows(jobId: string, after: number): Promise<ChunkRow[]> {
    return queryRows<ChunkRow>(
      this.dataSource,
      'SELECT seq, stream, section, text, created_at FROM job_log_chunks WHERE job_id = $1 AND seq > $2 ORDER BY seq LIMIT $3',
      [jobId, after, ROWS_PER_READ],
    );
  }

  /** A connection that broke after the commit leaves the writer in doubt; the row knows whether it was written. */
  private async writtenBefore(write: ProgressWrite, count: number): Promise<number | null> {
    const row = await queryOne<{ last_seq: string }>(
      this.dataSource,
      `SELECT last_seq FROM jobs WHERE id = $1 AND status = 'running' AND fence = $2 AND last_seq = $3`,
      [write.jobId, write.fence, write.lastSeq + count],
    );
    return row === null ? null : Number(row.last_seq);
  }
}

/** Of a row those after `after`, so many at most. */
function linesOf(row: ChunkRow, after: number, limit: number): LogLine[] {
  const texts = row.text.split('\n');
  const first = Number(row.seq) - texts.length + 1;
  const skipped = Math.max(0, after + 1 - first);
  return texts.slice(skipped, skipped + limit).map((text, index) => ({
    seq: first + skipped + index,
    at: row.created_at,
    stream: row.stream,
    section: row.section,
    text,
  }));
}

const WRITE = prepared(`
  WITH job AS (
    UPDATE jobs SET last_seq = last_seq + $4::int, phase = COALESCE($5::text, phase),
      step = CASE WHEN $7::jsonb IS NULL THEN step ELSE $6::text END, steps_json = COALESCE($7::jsonb, steps_json),
      log_offset = COALESCE($13::bigint, log_offset), contact_at = CASE WHEN $14 THEN database_now() ELSE contact_at END
    WHERE id = $1 AND status = 'running' AND fence = $2::bigint AND last_seq = $3::bigint
    RETURNING id, last_seq),
  chunk AS (
    INSERT INTO job_log_chunks (job_id, seq, stream, section, text, created_at)
    SELECT job.id, $3::bigint + c.up_to, c.stream, c.section, c.text, $12::timestamptz
    FROM job, unnest($8::int[], $9::text[], $10::text[], $11::text[]) AS c (up_to, stream, section, text))
  SELECT last_seq FROM job`);
