import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { systemActor } from '../../kernel/auth/actor';
import { Clock } from '../../kernel/clock';
import { Contracts } from '../../kernel/contracts/contracts';
import { unreadable, type DocumentDto } from '../../kernel/contracts/document.dto';
import { newId } from '../../kernel/database/ids';
import { affected, queryRows } from '../../kernel/database/rows';
import { CLEANUP_RESULT, DELETED_COUNTS, type CleanupResult, type DeletedCounts } from './cleanup-runs.contracts';
import type { MaintenanceStatus } from './entities/maintenance.values';

/** A run that is over or goes on. */
export interface CleanupRun {
  readonly id: string;
  readonly status: MaintenanceStatus;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  /** Null: it goes on, or what is stored cannot be read. */
  readonly deleted: DeletedCounts | null;
  readonly result: CleanupResult | null;
  /** What of both cannot be read, as it stands. */
  readonly unreadable: readonly DocumentDto[];
}

interface StoredRun extends Omit<CleanupRun, 'deleted' | 'result' | 'unreadable'> {
  readonly deleted: unknown;
  readonly result: unknown;
}

/** The only place with SQL for `cleanup_runs`. */
@Injectable()
export class CleanupRuns {
  constructor(
    private readonly database: DataSource,
    private readonly contracts: Contracts,
    private readonly clock: Clock,
  ) {}

  /** For whoever holds the lock of the runs: one that still stands as running died with its program. @returns the id */
  async begin(): Promise<string> {
    const now = this.clock.now();
    await affected(
      this.database,
      `UPDATE cleanup_runs SET status = 'error', finished_at = $1 WHERE status = 'running'`,
      [now],
    );
    const id = newId();
    await affected(
      this.database,
      `INSERT INTO cleanup_runs (id, mode, status, requested_by_type, requested_by_name, started_at)
       VALUES ($1, 'apply', 'running', $2, $3, $4)`,
      [id, systemActor.type, systemActor.name, now],
    );
    return id;
  }

  async end(id: string, status: MaintenanceStatus, deleted: DeletedCounts, result: CleanupResult): Promise<void> {
    await affected(
      this.database,
      `UPDATE cleanup_runs SET status = $2, finished_at = $3, deleted_counts_json = $4, result_json = $5 WHERE id = $1`,
      [
        id,
        status,
        this.clock.now(),
        this.contracts.document(DELETED_COUNTS.name, deleted),
        this.contracts.document(CLEANUP_RESULT.name, result),
      ],
    );
  }

  /** The newest first. */
  async latest(limit: number): Promise<CleanupRun[]> {
    const rows = await queryRows<StoredRun>(
      this.database,
      `SELECT id, status, started_at AS "startedAt", finished_at AS "finishedAt", deleted_counts_json AS deleted,
              result_json AS result
         FROM cleanup_runs ORDER BY started_at DESC, id DESC LIMIT $1`,
      [limit],
    );
    return rows.map((row) => this.read(row));
  }

  private read({ deleted, result, ...run }: StoredRun): CleanupRun {
    const counts = deleted === null ? null : this.contracts.read<DeletedCounts>(DELETED_COUNTS.name, deleted);
    const rules = result === null ? null : this.contracts.read<CleanupResult>(CLEANUP_RESULT.name, result);
    return {
      ...run,
      deleted: counts?.readable === true ? counts.document : null,
      result: rules?.readable === true ? rules.document : null,
      unreadable: unreadable({ [DELETED_COUNTS.name]: counts, [CLEANUP_RESULT.name]: rules }),
    };
  }
}
