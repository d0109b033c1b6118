import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, sha256Hex } from '../../../kernel/database/checks';
import { TARGET_STATUSES, type TargetStatus } from './jobs.values';

/** The machines of a request, each with the plan that was asked for. */
@Entity({
  name: 'action_request_targets',
  comment: 'The machines of a request, each with the plan that was asked for.',
})
@Index('action_request_targets_job_id_key', ['jobId'], { unique: true })
@Index('action_request_targets_machine_id_idx', ['machineId'])
@Check('action_request_targets_plan_digest_check', sha256Hex('plan_digest'))
@Check('action_request_targets_status_check', oneOf('status', TARGET_STATUSES))
export class ActionRequestTargetEntity {
  @ForeignKey('action_requests', { name: 'action_request_targets_request_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'request_id', type: 'uuid' })
  requestId: string;

  @ForeignKey('machines', { name: 'action_request_targets_machine_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @Column({ type: 'text' })
  status: TargetStatus;

  @Column({ name: 'status_reason', type: 'text', nullable: true })
  statusReason: string | null;

  /** SHA-256 of the plan that was asked for; another one at execution expires the request. */
  @Column({ name: 'plan_digest', type: 'text', nullable: true })
  planDigest: string | null;

  /** Exact versions or digests, and the commands to run. */
  @Column({ name: 'plan_json', type: 'jsonb', nullable: true })
  planJson: unknown;

  /** The job that carried it out. */
  @Column({ name: 'job_id', type: 'uuid', nullable: true })
  jobId: string | null;

  @Column({ name: 'execution_id', type: 'uuid', nullable: true })
  executionId: string | null;

  /** Signature over this target's part of the request, by a key outside the database. */
  @Column({ type: 'text', nullable: true })
  seal: string | null;

  /** Signature over the approval, and the job that it is for, by the same key. */
  @Column({ name: 'decision_seal', type: 'text', nullable: true })
  decisionSeal: string | null;

  /** The job that plans it, where the request is of several machines. */
  @Column({ name: 'plan_job_id', type: 'uuid', nullable: true })
  planJobId: string | null;
}
