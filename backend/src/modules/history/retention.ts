import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ArtifactStore } from '../../kernel/artifacts/artifact-store';
import { lowestId } from '../../kernel/database/id-times';
import { queryOne } from '../../kernel/database/rows';
import { dropPartitionsBefore, PURGE_BATCH, purgeInBatches } from '../../kernel/retention/purge-steps';
import { RetentionRule, type RemovedCounts, type Retention } from '../../kernel/retention/retention-rule';
import { MESSAGE_CATEGORIES } from './entities/history.values';

@Injectable()
@RetentionRule()
export class MachineEventsRetention implements Retention {
  readonly name = 'machine_events';
  readonly description = 'The time lines of machines, by whole months.';
  readonly defaultDays = 365;

  constructor(private readonly database: DataSource) {}

  async purge(before: Date, signal: AbortSignal): Promise<RemovedCounts> {
    return {
      machine_events_partitions: await dropPartitionsBefore(this.database, 'machine_events', before, signal),
      machine_events: await purgeInBatches(this.database, STRAY_EVENTS, [before, lowestId(before)], signal),
    };
  }
}

/** No partition is made for a month long gone, so what the DEFAULT one caught for it goes by its time. */
const STRAY_EVENTS = `
  DELETE FROM machine_events_default WHERE id = ANY (ARRAY(
    SELECT id FROM machine_events_default WHERE id < $2 AND created_at < $1 ORDER BY id LIMIT $3))`;

@Injectable()
@RetentionRule()
export class SnapshotsRetention implements Retention {
  readonly name = 'snapshots';
  readonly description =
    'What machines said. The newest of each kind stays, the newest good one too, and a snapshot whose content another shares.';
  readonly defaultDays = 90;

  constructor(private readonly database: DataSource) {}

  /** The first pass takes those that stand on others, the next what nothing stands on any more. */
  async purge(before: Date, signal: AbortSignal): Promise<RemovedCounts> {
    let snapshots = 0;
    for (let pass = 1; pass > 0 && !signal.aborted; snapshots += pass) pass = await this.pass(before, signal);
    return { snapshots };
  }

  private async pass(before: Date, signal: AbortSignal): Promise<number> {
    let removed = 0;
    for (let after: string | null = lowestId(new Date(0)); after !== null && !signal.aborted;) {
      const batch: Batch | null = await queryOne<Batch>(this.database, OLD_SNAPSHOTS, [
        before,
        lowestId(before),
        after,
        PURGE_BATCH,
      ]);
      removed += batch?.removed ?? 0;
      after = batch?.last ?? null;
    }
    return removed;
  }
}

interface Batch {
  readonly removed: number;
  /** The last id that was looked at; null when there was none left. */
  readonly last: string | null;
}

/** Looks at the next old ones and removes those that may go. */
const OLD_SNAPSHOTS = `
  WITH old AS MATERIALIZED (
    SELECT id, machine_id, kind, status, created_at FROM snapshots WHERE id < $2 AND id > $3 ORDER BY id LIMIT $4),
  gone AS (
    DELETE FROM snapshots WHERE id = ANY (ARRAY(
      SELECT s.id FROM old s
       WHERE s.created_at < $1
         AND EXISTS (SELECT 1 FROM snapshots newer
                      WHERE newer.machine_id = s.machine_id AND newer.kind = s.kind AND newer.created_at > s.created_at
                        AND (newer.status <> 'error' OR s.status = 'error') OFFSET 0)
         AND NOT EXISTS (SELECT 1 FROM snapshots sharing WHERE sharing.content_snapshot_id = s.id OFFSET 0)))
    RETURNING id)
  SELECT (SELECT count(*)::int FROM gone) AS removed, (SELECT id FROM old ORDER BY id DESC LIMIT 1) AS last`;

@Injectable()
@RetentionRule()
export class ImportantMessagesRetention implements Retention {
  readonly name = 'important_messages';
  readonly description = 'Acknowledged messages that were not said again. Open ones stay whatever their age.';
  readonly defaultDays = 365;

  constructor(private readonly database: DataSource) {}

  async purge(before: Date, signal: AbortSignal): Promise<RemovedCounts> {
    return {
      important_messages: await purgeInBatches(this.database, OLD_MESSAGES, [MESSAGE_CATEGORIES, before], signal),
    };
  }
}

/** Category by category, as the index has them. */
const OLD_MESSAGES = `
  DELETE FROM important_messages WHERE id = ANY (ARRAY(
    SELECT old.id FROM unnest($1::text[]) AS one (category)
     CROSS JOIN LATERAL (
       SELECT id FROM important_messages WHERE category = one.category AND acknowledged AND last_seen_at < $2
        ORDER BY last_seen_at LIMIT $3) old
     LIMIT $3))`;

@Injectable()
@RetentionRule()
export class RawArtifactsRetention implements Retention {
  readonly name = 'raw_artifacts';
  readonly description =
    'Files of logs whose own time has come: 180 days, 365 of a change that failed. Pinned ones stay; what is known of a removed file stays too.';

  constructor(private readonly database: DataSource) {}

  /** Each file says itself when it may go; the file is taken off the disk by `artifact_removals`. */
  async purge(now: Date, signal: AbortSignal): Promise<RemovedCounts> {
    return { raw_artifacts: await purgeInBatches(this.database, EXPIRED_ARTIFACTS, [now], signal) };
  }
}

/** Held while it is looked at: one that somebody pins at this moment stays. */
const EXPIRED_ARTIFACTS = `
  WITH expired AS (
    SELECT id FROM raw_artifacts WHERE expires_at < $1 AND NOT pinned AND deleted_at IS NULL ORDER BY expires_at LIMIT $2 FOR UPDATE),
  gone AS (
    UPDATE raw_artifacts SET deleted_at = $1, delete_reason = 'expired' WHERE id = ANY (ARRAY(SELECT id FROM expired)) RETURNING path)
  INSERT INTO artifact_removals (path, requested_at) SELECT path, $1 FROM gone ON CONFLICT DO NOTHING`;

/** A writer that lives writes at least once in this time, or is tried again. */
const UNFINISHED_MS = 86_400_000;

@Injectable()
@RetentionRule()
export class UnfinishedFilesRetention implements Retention {
  readonly name = 'unfinished_files';
  readonly description =
    'What a killed process left half written in the folder of files, once nothing was written to it for a day.';

  constructor(private readonly store: ArtifactStore) {}

  async purge(now: Date, signal: AbortSignal): Promise<RemovedCounts> {
    return { unfinished_files: await this.store.removeUnfinished(new Date(now.getTime() - UNFINISHED_MS), signal) };
  }
}
