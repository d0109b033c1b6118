import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { oneOf } from '../../database/checks';
import { AUDIT_ACTOR_TYPES, AUDIT_OUTCOMES, type AuditActorType, type AuditOutcome } from './audit.values';

/** Security audit; rows can be added but not changed or removed. */
@Entity({ name: 'audit_log', comment: 'Security audit; rows can be added but not changed or removed.' })
@Index('audit_log_action_at_idx', { synchronize: false })
@Index('audit_log_actor_id_at_idx', { synchronize: false })
@Index('audit_log_at_idx', { synchronize: false })
@Index('audit_log_machine_id_at_idx', { synchronize: false })
@Index('audit_log_object_type_object_id_at_idx', { synchronize: false })
@Check('audit_log_actor_type_check', oneOf('actor_type', AUDIT_ACTOR_TYPES))
@Check('audit_log_outcome_check', oneOf('outcome', AUDIT_OUTCOMES))
export class AuditEntryEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'timestamptz' })
  at: Date;

  @Column({ name: 'actor_type', type: 'text' })
  actorType: AuditActorType;

  @Column({ name: 'actor_id', type: 'text', nullable: true })
  actorId: string | null;

  @Column({ name: 'actor_name', type: 'text', nullable: true })
  actorName: string | null;

  @Column({ type: 'text' })
  action: string;

  @Column({ name: 'object_type', type: 'text', nullable: true })
  objectType: string | null;

  @Column({ name: 'object_id', type: 'text', nullable: true })
  objectId: string | null;

  /** No foreign key: audit survives the purge of the machine. */
  @Column({ name: 'machine_id', type: 'uuid', nullable: true })
  machineId: string | null;

  @Column({ type: 'text' })
  outcome: AuditOutcome;

  /** Of the HTTP request. */
  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId: string | null;

  @Column({ type: 'text', nullable: true })
  ip: string | null;

  @Column({ name: 'details_json', type: 'jsonb', nullable: true })
  detailsJson: unknown;
}
