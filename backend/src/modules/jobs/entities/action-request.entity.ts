import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, openName, sha256Hex } from '../../../kernel/database/checks';
import {
  ACTION_REQUESTER_TYPES,
  ACTION_REQUEST_STATUSES,
  type ActionRequesterType,
  type ActionRequestStatus,
} from './jobs.values';

/** Changes that wait for a person to approve them. */
@Entity({ name: 'action_requests', comment: 'Changes that wait for a person to approve them.' })
@Index('action_requests_created_at_id_idx', { synchronize: false })
@Index('action_requests_decided_idx', { synchronize: false })
@Index('action_requests_machine_id_idx', ['machineId'])
@Index('action_requests_status_created_at_idx', ['status', 'createdAt'])
@Check('action_requests_action_check', openName('action'))
@Check('action_requests_plan_digest_check', sha256Hex('plan_digest'))
@Check('action_requests_requested_by_type_check', oneOf('requested_by_type', ACTION_REQUESTER_TYPES))
@Check('action_requests_status_check', oneOf('status', ACTION_REQUEST_STATUSES))
export class ActionRequestEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('machines', { name: 'action_requests_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid', nullable: true })
  machineId: string | null;

  @Column({ name: 'requested_by_type', type: 'text' })
  requestedByType: ActionRequesterType;

  @Column({ name: 'requested_by_id', type: 'text', nullable: true })
  requestedById: string | null;

  /** Of a schedule: the people who answer for what it asks, as they were then. Null = not known, or somebody asked by name. */
  @Column({ name: 'answerable_ids', type: 'uuid', array: true, nullable: true })
  answerableIds: string[] | null;

  /** Of a schedule: the occurrence that asked for it. What it leaves to people is decided together. */
  @Column({ name: 'occurrence_id', type: 'uuid', nullable: true })
  occurrenceId: string | null;

  /** Of a schedule: why it left the decision to people, a sentence a line. */
  @Column({ name: 'person_reason', type: 'text', nullable: true })
  personReason: string | null;

  @Column({ type: 'text' })
  action: string;

  @Column({ type: 'text', nullable: true })
  risk: string | null;

  @Column({ type: 'text' })
  status: ActionRequestStatus;

  @Column({ type: 'text', nullable: true })
  summary: string | null;

  @Column({ name: 'payload_json', type: 'jsonb', nullable: true })
  payloadJson: unknown;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** When it was decided, whichever way. */
  @Column({ name: 'approved_at', type: 'timestamptz', nullable: true })
  approvedAt: Date | null;

  /** Who decided, as the name was then. */
  @Column({ name: 'approved_by', type: 'text', nullable: true })
  approvedBy: string | null;

  @Column({ name: 'execution_id', type: 'uuid', nullable: true })
  executionId: string | null;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  /** As it was then. */
  @Column({ name: 'requested_by_name', type: 'text', nullable: true })
  requestedByName: string | null;

  /** SHA-256 over the plans of all targets: what was approved is what is carried out. */
  @Column({ name: 'plan_digest', type: 'text', nullable: true })
  planDigest: string | null;

  /** What the rules of approval asked for when it was made. */
  @Column({ name: 'approval_json', type: 'jsonb', nullable: true })
  approvalJson: unknown;

  /** Why it was decided so, or has expired. */
  @Column({ name: 'decision_reason', type: 'text', nullable: true })
  decisionReason: string | null;

  /** Of the person who decided. */
  @Column({ name: 'decided_by_id', type: 'text', nullable: true })
  decidedById: string | null;

  /** The session in which that person decided. */
  @Column({ name: 'decision_session_id', type: 'text', nullable: true })
  decisionSessionId: string | null;

  /** Signature over everything that the decision is about, by a key outside the database. */
  @Column({ type: 'text', nullable: true })
  seal: string | null;
}
