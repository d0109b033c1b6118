import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { DataSource } from 'typeorm';
import { ArtifactStore } from '../../kernel/artifacts/artifact-store';
import { Clock } from '../../kernel/clock';
import { affected, queryRows } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import { OnDomainEvent, type DomainEvent } from '../../kernel/events/domain-event';

const BATCH = 500;

/**
 * Takes files off the disk once the transaction that removed their rows has committed. What fails is tried again at
 * every start and every hour.
 */
@Injectable()
export class ArtifactRemovals implements OnApplicationBootstrap {
  private readonly logger = new Logger(ArtifactRemovals.name);

  constructor(
    private readonly database: DataSource,
    private readonly store: ArtifactStore,
    private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.sweep();
  }

  @Cron('17 * * * *', { timeZone: 'UTC' })
  async hourly(): Promise<void> {
    await this.sweep();
  }

  /** Everything of the machine that lies on the disk. */
  @OnDomainEvent('machine_purged')
  async ofMachine({ machineId }: DomainEvent, tx: Transaction): Promise<void> {
    await affected(tx.manager, COLLECT, [machineId, this.clock.now()]);
    await affected(tx.manager, 'DELETE FROM raw_artifacts WHERE machine_id = $1', [machineId]);
    await affected(tx.manager, 'DELETE FROM reports WHERE machine_id = $1', [machineId]);
    tx.afterCommit(() => this.sweep());
  }

  /** Removes what is written down. A file that cannot be removed keeps its row and harms no other. */
  async sweep(): Promise<void> {
    for (let after = ''; ;) {
      const rows = await queryRows<{ path: string }>(
        this.database,
        'SELECT path FROM artifact_removals WHERE path > $1 ORDER BY path LIMIT $2',
        [after, BATCH],
      );
      for (const row of rows) await this.remove(row.path);
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.path;
    }
  }

  private async remove(path: string): Promise<void> {
    try {
      await this.store.remove(path);
      await affected(this.database, 'DELETE FROM artifact_removals WHERE path = $1', [path]);
    } catch (error) {
      this.logger.warn({ err: error, path }, 'an artifact could not be removed; it is tried again within the hour');
    }
  }
}

/** Files that a killed process wrote and did not name are known by the change that they are of. */
const COLLECT = `
  INSERT INTO artifact_removals (path, requested_at)
  SELECT path, $2::timestamptz FROM raw_artifacts WHERE machine_id = $1
  UNION SELECT path, $2::timestamptz FROM reports WHERE machine_id = $1
  UNION SELECT raw_log_path, $2::timestamptz FROM snapshots WHERE machine_id = $1 AND raw_log_path IS NOT NULL
  UNION SELECT folder || to_char(e.started_at AT TIME ZONE 'UTC', '/YYYY-MM/') || e.id || ending, $2::timestamptz
          FROM executions e, (VALUES ('runs', '.log.gz'), ('reports', '.md.gz'), ('reports', '.html.gz'),
            ('reports', '.fr.md.gz'), ('reports', '.fr.html.gz')) AS file (folder, ending)
         WHERE e.machine_id = $1 AND e.mode <> 'external'
  UNION SELECT raw_log_path, $2::timestamptz FROM executions WHERE machine_id = $1 AND raw_log_path IS NOT NULL
  ON CONFLICT DO NOTHING`;
