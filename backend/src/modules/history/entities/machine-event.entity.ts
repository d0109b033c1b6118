import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf } from '../../../kernel/database/checks';
import { ACTOR_TYPES, EVENT_SEVERITIES, type ActorType, type EventSeverity } from './history.values';

/** What happened to a machine, when, and by whom. */
@Entity({ name: 'machine_events', comment: 'What happened to a machine, when, and by whom.' })
@Index('machine_events_event_type_created_at_idx', { synchronize: false })
@Index('machine_events_machine_id_created_at_idx', { synchronize: false })
@Check('machine_events_actor_type_check', oneOf('actor_type', ACTOR_TYPES))
@Check('machine_events_severity_check', oneOf('severity', EVENT_SEVERITIES))
export class MachineEventEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('machines', { name: 'machine_events_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid', nullable: true })
  machineId: string | null;

  @Column({ name: 'event_type', type: 'text' })
  eventType: string;

  @Column({ type: 'text' })
  severity: EventSeverity;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'actor_type', type: 'text', nullable: true })
  actorType: ActorType | null;

  /** Text, since an actor may be a user, a schedule or a program. */
  @Column({ name: 'actor_id', type: 'text', nullable: true })
  actorId: string | null;

  /** As it was then. */
  @Column({ name: 'actor_name', type: 'text', nullable: true })
  actorName: string | null;

  @Column({ name: 'snapshot_id', type: 'uuid', nullable: true })
  snapshotId: string | null;

  @Column({ name: 'execution_id', type: 'uuid', nullable: true })
  executionId: string | null;

  @Column({ name: 'job_id', type: 'uuid', nullable: true })
  jobId: string | null;

  @Column({ type: 'text', nullable: true })
  message: string | null;

  @Column({ name: 'payload_json', type: 'jsonb', nullable: true })
  payloadJson: unknown;
}
