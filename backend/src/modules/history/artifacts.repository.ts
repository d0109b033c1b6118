import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Contracts } from '../../kernel/contracts/contracts';
import { toDocument } from '../../kernel/contracts/document.dto';
import { affected, queryOne } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import { keysetPage, type Page, type PageRequest } from '../../kernel/http/keyset-page';
import { saidIn, type SaidByField } from '../../kernel/sentences/said';
import { RUN_LOG } from './contracts/run-log';
import type { ArtifactDto, ExecutionDetailDto, ExecutionDto } from './dto/artifacts.dto';

const EXECUTION = `id, machine_id AS "machineId", action, mode, status, started_at AS "startedAt", finished_at AS "finishedAt",
  request_id AS "requestId", job_id AS "jobId", exit_code AS "exitCode", error_kind AS "errorKind",
  error_message AS "errorMessage", raw_artifact_id AS "artifactId", report_id AS "reportId"`;

const ARTIFACT = `id, machine_id AS "machineId", kind, path, bytes, sha256, created_at AS "createdAt", expires_at AS "expiresAt",
  pinned, redacted, retention_policy AS "retentionPolicy", deleted_at AS "deletedAt", delete_reason AS "deleteReason",
  metadata_json AS facts`;

interface ArtifactRow extends Omit<ArtifactDto, 'facts' | 'bytes'> {
  readonly path: string;
  readonly bytes: string | null;
  readonly facts: unknown;
}

type ExecutionRow = Omit<ExecutionDto, 'said'>;

/** An artifact, and where its file lies. */
export interface FoundArtifact {
  readonly artifact: ArtifactDto;
  readonly path: string;
}

/** The changes of machines, and the files that are kept of them. */
@Injectable()
export class ArtifactsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
  ) {}

  /** Newest first. */
  async executions(machineId: string, page: PageRequest): Promise<Page<ExecutionDto>> {
    const { items, nextCursor } = await keysetPage<ExecutionRow>(
      this.dataSource,
      'executions',
      `SELECT ${EXECUTION} FROM executions WHERE machine_id = $1`,
      [machineId],
      'started_at',
      page,
    );
    return { items: items.map(withSaid), nextCursor };
  }

  async execution(id: string): Promise<ExecutionDetailDto | null> {
    const row = await queryOne<ExecutionRow & { result: unknown; important: unknown }>(
      this.dataSource,
      `SELECT ${EXECUTION}, result_json AS result, important_json AS important FROM executions WHERE id = $1`,
      [id],
    );
    if (row === null) return null;
    const { result, important, ...execution } = row;
    const read = (contract: string, stored: unknown): ExecutionDetailDto['result'] =>
      stored === null
        ? null
        : toDocument(contract, this.contracts.read(contract, stored), this.contracts.sentencesOf(contract));
    return {
      ...withSaid(execution),
      result: read(`${row.action}_result`, result),
      important: read(`${row.action}_result.important`, important),
    };
  }

  async artifact(id: string): Promise<FoundArtifact | null> {
    const sql = `SELECT ${ARTIFACT} FROM raw_artifacts WHERE id = $1`;
    const row = await queryOne<ArtifactRow>(this.dataSource, sql, [id]);
    if (row === null) return null;
    const { path, facts, bytes, ...artifact } = row;
    return {
      path,
      artifact: {
        ...artifact,
        bytes: bytes === null ? null : Number(bytes),
        facts: facts === null ? null : toDocument(RUN_LOG.name, this.contracts.read(RUN_LOG.name, facts)),
      },
    };
  }

  /** @returns `same`: it was so already; `gone`: there is none, or its file is gone */
  async setPinned(tx: Transaction, id: string, pinned: boolean): Promise<'changed' | 'same' | 'gone'> {
    const held = 'SELECT pinned FROM raw_artifacts WHERE id = $1 AND deleted_at IS NULL FOR UPDATE';
    const before = await queryOne<{ pinned: boolean }>(tx.manager, held, [id]);
    if (before === null) return 'gone';
    if (before.pinned === pinned) return 'same';
    await affected(tx.manager, 'UPDATE raw_artifacts SET pinned = $2 WHERE id = $1', [id, pinned]);
    return 'changed';
  }

  /** The change whose log it is; null where it is no log of one. */
  async runOf(tx: Transaction, artifactId: string): Promise<string | null> {
    const sql = 'SELECT id FROM executions WHERE raw_artifact_id = $1';
    return (await queryOne<{ id: string }>(tx.manager, sql, [artifactId]))?.id ?? null;
  }
}

function withSaid(row: ExecutionRow): ExecutionRow & { said: SaidByField } {
  return { ...row, said: saidIn(row, ['errorMessage']) };
}
