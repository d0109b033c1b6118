import { setImmediate as turn } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { JsonDocument } from '../../kernel/contracts/json-document';
import { prepared } from '../../kernel/database/prepared';
import { queryRows } from '../../kernel/database/rows';
import { lengthOf, logRows, type ProgressWrite } from './log-rows';

/** What a job has to write, its steps as a document already. */
export interface PreparedWrite {
  readonly write: ProgressWrite;
  readonly steps: JsonDocument | null;
}

interface Waiting extends PreparedWrite {
  readonly settle: (lastSeq: Promise<number | null>) => void;
}

/** Jobs and signs that one statement takes. */
const MOST_JOBS = 100;
const MOST_LENGTH = 1024 * 1024;

/**
 * Lines and progress of all jobs of this process that come at the same moment, by one statement. It waits for no row: a job
 * whose row somebody holds, or whose fence is lost, is left to a statement of its own, and so is each one when the common
 * statement fails. So nobody waits for another's row, and what is wrong with one harms no other.
 */
export class JobLogBatches {
  private waiting: Waiting[] = [];
  private sending = false;

  /** @param single writes one job's by itself, and tells a lost fence by null */
  constructor(
    private readonly dataSource: DataSource,
    private readonly single: (one: PreparedWrite) => Promise<number | null>,
  ) {}

  /** @returns the job's new last number, or null when its fence is lost */
  add(one: PreparedWrite): Promise<number | null> {
    return new Promise((resolve) => {
      this.waiting.push({ ...one, settle: resolve });
      if (!this.sending) void this.send();
    });
  }

  private async send(): Promise<void> {
    this.sending = true;
    // Timers that are due together fire one after the other: all of them go along.
    await turn();
    while (this.waiting.length > 0) {
      const batch = this.next();
      const written = batch.length === 1 ? new Map<number, number>() : await this.together(batch);
      for (const [at, one] of batch.entries()) {
        const lastSeq = written.get(at + 1);
        one.settle(lastSeq === undefined ? this.single(one) : Promise.resolve(lastSeq));
      }
    }
    this.sending = false;
  }

  private next(): Waiting[] {
    let length = 0;
    const end = this.waiting.findIndex(
      ({ write }, at) => at > 0 && (at === MOST_JOBS || (length += lengthOf(write)) > MOST_LENGTH),
    );
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end);
  }

  /** @returns the new last numbers by position, from 1; of those that were not written there is none */
  private async together(batch: readonly Waiting[]): Promise<Map<number, number>> {
    const chunks = batch.flatMap(({ write }, at) => {
      const { upTo, streams, sections, texts } = logRows(write.chunks);
      return upTo.map(
        (lines, n) => [at + 1, write.lastSeq + lines, streams[n], sections[n], texts[n], write.at] as const,
      );
    });
    const writes = batch.map(({ write }) => write);
    try {
      const rows = await queryRows<{ n: number; last_seq: string }>(this.dataSource, WRITE_ALL, [
        writes.map(({ jobId }) => jobId),
        writes.map(({ fence }) => fence),
        writes.map(({ lastSeq }) => lastSeq),
        writes.map((write) => logRows(write.chunks).count),
        writes.map(({ progress }) => progress?.phase ?? null),
        writes.map(({ progress }) => progress?.step ?? null),
        batch.map(({ steps }) => steps),
        writes.map(({ logOffset }) => logOffset ?? null),
        writes.map(({ contact }) => contact ?? false),
        ...[0, 1, 2, 3, 4, 5].map((column) => chunks.map((chunk) => chunk[column])),
      ]);
      return new Map(rows.map(({ n, last_seq }) => [n, Number(last_seq)]));
    } catch {
      // Each by itself: whose fault it was, its own statement tells.
      return new Map();
    }
  }
}

const WRITE_ALL = prepared(`
  WITH given AS (
    SELECT id, fence, last_seq, lines, phase, step, log_offset, contact, n::int AS n
    FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::int[], $5::text[], $6::text[], $8::bigint[], $9::boolean[])
      WITH ORDINALITY AS g (id, fence, last_seq, lines, phase, step, log_offset, contact, n)),
  held AS MATERIALIZED (
    SELECT g.n FROM given g
      JOIN jobs j ON j.id = g.id AND j.status = 'running' AND j.fence = g.fence AND j.last_seq = g.last_seq
    FOR NO KEY UPDATE OF j SKIP LOCKED),
  job AS (
    UPDATE jobs j SET last_seq = j.last_seq + g.lines, phase = COALESCE(g.phase, j.phase),
      step = CASE WHEN ($7::jsonb[])[g.n] IS NULL THEN j.step ELSE g.step END,
      steps_json = COALESCE(($7::jsonb[])[g.n], j.steps_json), log_offset = COALESCE(g.log_offset, j.log_offset),
      contact_at = CASE WHEN g.contact THEN database_now() ELSE j.contact_at END
    FROM given g JOIN held ON held.n = g.n WHERE j.id = g.id AND j.last_seq = g.last_seq
    RETURNING g.n, j.id, j.last_seq),
  chunk AS (
    INSERT INTO job_log_chunks (job_id, seq, stream, section, text, created_at)
    SELECT job.id, c.seq, c.stream, c.section, c.text, c.created_at
    FROM job JOIN unnest($10::int[], $11::bigint[], $12::text[], $13::text[], $14::text[], $15::timestamptz[])
      AS c (n, seq, stream, section, text, created_at) ON c.n = job.n)
  SELECT n, last_seq FROM job`);
