import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

/** Holds that this program set: why, by whom and until when. */
@Entity({ name: 'apt_holds', comment: 'Holds that this program set: why, by whom and until when.' })
export class AptHoldEntity {
  @ForeignKey('machines', { name: 'apt_holds_machine_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  /** As apt names the mark. */
  @PrimaryColumn({ type: 'text' })
  name: string;

  @Column({ type: 'text', nullable: true })
  note: string | null;

  /** When it is to be looked at again; null: never. */
  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  /** Who asked for it, by the name of then. */
  @Column({ name: 'set_by', type: 'text', nullable: true })
  setBy: string | null;

  @Column({ name: 'set_at', type: 'timestamptz' })
  setAt: Date;
}
