import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { oneOf } from '../../../kernel/database/checks';
import { AUDIT_ACTOR_TYPES, type AuditActorType } from '../../../kernel/audit/entities/audit.values';

/** Machines that were purged: what they were called, when and by whom. */
@Entity({ name: 'machine_tombstones', comment: 'Machines that were purged: what they were called, when and by whom.' })
@Index('machine_tombstones_purged_at_idx', { synchronize: false })
@Check('machine_tombstones_purged_by_type_check', oneOf('purged_by_type', AUDIT_ACTOR_TYPES))
export class MachineTombstoneEntity {
  /** The id that the machine had. */
  @PrimaryColumn({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'purged_at', type: 'timestamptz' })
  purgedAt: Date;

  @Column({ name: 'purged_by_type', type: 'text' })
  purgedByType: AuditActorType;

  @Column({ name: 'purged_by_id', type: 'text', nullable: true })
  purgedById: string | null;

  /** As it was then. */
  @Column({ name: 'purged_by_name', type: 'text', nullable: true })
  purgedByName: string | null;
}
