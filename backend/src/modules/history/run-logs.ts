import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ArtifactStore, type StoredFile } from '../../kernel/artifacts/artifact-store';
import { Clock } from '../../kernel/clock';
import { Contracts } from '../../kernel/contracts/contracts';
import { newId } from '../../kernel/database/ids';
import { affected, queryOne, queryRows } from '../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { RUN_LOG } from './contracts/run-log';
import type { RetentionPolicy } from './entities/history.values';
import { ImportantMessages } from './important-messages';
import type { LogWatcher } from './log-watcher';

const DAY_MS = 86_400_000;
/** How long a log is kept, by its policy; a pinned one has no end. */
export const DAYS_KEPT: Readonly<Record<Exclude<RetentionPolicy, 'pinned'>, number>> = {
  default: 180,
  failed: 365,
  short: 30,
};
/** A log that could not be sealed for so long is left to the rows that it stands in. */
export const LOG_TRIED_DAYS = 7;

/** Where the lines of a change's log come from, in order and masked. */
export type LogLines = (executionId: string) => AsyncIterable<readonly string[]>;

/** Who reads the logs of an action; undefined: nobody. */
export type Watch = (action: string) => LogWatcher | undefined;

interface Ended {
  readonly id: string;
  readonly machine_id: string;
  readonly action: string;
  readonly status: string;
  readonly started_at: Date;
}

/**
 * Seals the log of a change once it has ended: a compressed file in the artifact store, named by its row with size and
 * hash. It may be tried again at any time and by several processes at once: they write the same bytes to the same place.
 */
@Injectable()
export class RunLogs {
  constructor(
    private readonly database: DataSource,
    private readonly transactions: TransactionRunner,
    private readonly store: ArtifactStore,
    private readonly contracts: Contracts,
    private readonly messages: ImportantMessages,
    private readonly clock: Clock,
  ) {}

  /** Changes that have ended lately and whose log is not sealed, oldest first. */
  async unsealed(): Promise<string[]> {
    const rows = await queryRows<{ id: string }>(this.database, UNSEALED, [
      new Date(this.clock.now().getTime() - LOG_TRIED_DAYS * DAY_MS),
    ]);
    return rows.map(({ id }) => id);
  }

  /**
   * @param watch gives who is told of every line; messages are kept with the place where they stand in the log
   * @returns the artifact's id; null when there is nothing to seal (no such change, not ended, sealed already, no lines)
   */
  async seal(executionId: string, lines: LogLines, watch: Watch = () => undefined): Promise<string | null> {
    const ended = await queryOne<Ended>(this.database, ENDED, [executionId]);
    if (ended === null) return null;
    const watcher = watch(ended.action);
    const counted = { lines: 0, bytes: 0 };
    const relative = `runs/${ended.started_at.toISOString().slice(0, 7)}/${executionId}.log.gz`;
    const text = Readable.from(asText(lines(executionId), counted, watcher));
    const stored = await this.store.write(relative, text, [createGzip()]);
    if (counted.lines === 0) {
      await this.store.remove(relative);
      return null;
    }
    const artifactId = await this.name(ended, { relative, stored, counted }, watcher);
    // Purged while the file was written: nothing would ever remove it.
    if (artifactId === null && !(await this.exists(executionId))) await this.store.remove(relative);
    return artifactId;
  }

  private async name(
    { id, machine_id, action, status }: Ended,
    { relative, stored, counted }: { relative: string; stored: StoredFile; counted: { lines: number; bytes: number } },
    watcher: LogWatcher | undefined,
  ): Promise<string | null> {
    const artifactId = newId();
    const policy = status === 'error' ? 'failed' : 'default';
    const now = this.clock.now();
    return this.transactions.run(async (tx) => {
      if ((await affected(tx.manager, LINK, [id, artifactId, relative])) === 0) return null;
      await affected(tx.manager, INSERT, [
        artifactId,
        machine_id,
        relative,
        stored.bytes,
        stored.sha256,
        now,
        new Date(now.getTime() + DAYS_KEPT[policy] * DAY_MS),
        policy,
        this.contracts.document(RUN_LOG.name, { action, ...counted }),
      ]);
      await this.keepMessages(tx, { id, machineId: machine_id, artifactId }, watcher);
      return artifactId;
    });
  }

  private async keepMessages(
    tx: Transaction,
    { id, machineId, artifactId }: { readonly id: string; readonly machineId: string; readonly artifactId: string },
    watcher: LogWatcher | undefined,
  ): Promise<void> {
    if (watcher === undefined) return;
    const errors = [...watcher.errorLines()];
    // What stopped it was told when it ended, before there was a file to name.
    if (errors.length > 0)
      await affected(tx.manager, NAME_ERRORS, [
        id,
        errors.map(([name]) => name),
        errors.map(([, line]) => `${artifactId}#${String(line)}`),
      ]);
    const found = watcher.messages();
    if (found.length === 0) return;
    const messages = found.map(({ line, ...message }) => ({ ...message, rawLineRef: `${artifactId}#${String(line)}` }));
    await this.messages.upsert(tx, { machineId, source: watcher.source, executionId: id, messages });
  }

  private async exists(executionId: string): Promise<boolean> {
    return (await queryOne(this.database, 'SELECT 1 FROM executions WHERE id = $1', [executionId])) !== null;
  }
}

async function* asText(
  portions: AsyncIterable<readonly string[]>,
  counted: { lines: number; bytes: number },
  watcher: LogWatcher | undefined,
): AsyncGenerator<Buffer> {
  for await (const portion of portions) {
    if (portion.length === 0) continue;
    portion.forEach((line, index) => watcher?.line(line, counted.lines + index + 1));
    const chunk = Buffer.from(`${portion.join('\n')}\n`);
    counted.lines += portion.length;
    counted.bytes += chunk.length;
    yield chunk;
  }
}

const UNSEALED = `
  SELECT e.id FROM jobs j JOIN executions e ON e.id = j.id
   WHERE j.finished_at >= $1 AND e.finished_at IS NOT NULL AND e.raw_artifact_id IS NULL AND j.last_seq > 0
   ORDER BY j.finished_at LIMIT 500`;

const ENDED = `
  SELECT id, machine_id, action, status, started_at FROM executions
   WHERE id = $1 AND finished_at IS NOT NULL AND raw_artifact_id IS NULL`;

const LINK = `
  UPDATE executions SET raw_artifact_id = $2, raw_log_path = $3 WHERE id = $1 AND raw_artifact_id IS NULL`;

const NAME_ERRORS = `
  UPDATE important_messages m SET raw_line_ref = COALESCE(
    (SELECT e.ref FROM unnest($2::text[], $3::text[]) AS e (name, ref) WHERE e.name = m.package_name), ($3::text[])[1])
  WHERE m.execution_id = $1 AND m.category = 'error' AND m.raw_line_ref IS NULL`;

const INSERT = `
  INSERT INTO raw_artifacts (id, machine_id, kind, path, bytes, sha256, created_at, expires_at, pinned, redacted,
                             retention_policy, metadata_json)
  VALUES ($1, $2, 'raw_log', $3, $4, $5, $6, $7, false, true, $8, $9)`;
