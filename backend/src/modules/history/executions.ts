import { Injectable } from '@nestjs/common';
import type { Actor } from '../../kernel/auth/actor';
import { Contracts } from '../../kernel/contracts/contracts';
import { affected } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import type { ExecutionMode, ExecutionStatus } from './entities/history.values';

export interface NewExecution {
  readonly id: string;
  readonly machineId: string;
  readonly action: string;
  readonly requestedBy: Actor;
  readonly requestId: string | null;
  readonly jobId: string;
}

export interface ExecutionEnd {
  readonly status: Exclude<ExecutionStatus, 'running'>;
  /** The action, whose contracts `<action>_result` and `<action>_result.important` the documents are of. */
  readonly action: string;
  /** Null when the machine left nothing to make one from. */
  readonly documents: { readonly result: object; readonly important: object } | null;
  /** The machine's own clock where it told; else this moment counts. */
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly exitCode: number | null;
  readonly error: { readonly kind: string; readonly message: string } | null;
}

/** The changes of machines, from their beginning to their end. */
@Injectable()
export class Executions {
  constructor(private readonly contracts: Contracts) {}

  /** Doing it again changes nothing. */
  async begin(tx: Transaction, execution: NewExecution): Promise<void> {
    const { id, machineId, action, requestedBy, requestId, jobId } = execution;
    await affected(tx.manager, BEGIN, [id, machineId, action, modeOf(requestedBy), requestId, jobId]);
  }

  /** @throws ContractError when a document is not what its contract says, or holds a secret */
  async end(tx: Transaction, id: string, end: ExecutionEnd): Promise<void> {
    const result = end.documents && this.contracts.document(`${end.action}_result`, end.documents.result);
    const important =
      end.documents && this.contracts.document(`${end.action}_result.important`, end.documents.important);
    await affected(tx.manager, END, [
      id,
      end.status,
      result,
      important,
      result?.version ?? null,
      end.startedAt,
      end.finishedAt,
      end.exitCode,
      end.error?.kind ?? null,
      end.error?.message ?? null,
    ]);
  }
}

function modeOf({ type }: Actor): ExecutionMode {
  if (type === 'schedule') return 'scheduled';
  return type === 'hermes' ? 'hermes_requested' : 'manual';
}

const BEGIN = `
  INSERT INTO executions (id, machine_id, action, mode, started_at, status, request_id, job_id)
  VALUES ($1, $2, $3, $4, database_now(), 'running', $5, $6)
  ON CONFLICT (id) DO NOTHING`;

const END = `
  UPDATE executions SET status = $2, result_json = $3, important_json = $4, schema_version = COALESCE($5::int, schema_version),
    started_at = COALESCE($6::timestamptz, started_at), finished_at = COALESCE($7::timestamptz, database_now()),
    exit_code = $8, error_kind = $9, error_message = $10
  WHERE id = $1 AND status = 'running'`;
