import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { envelope, positive } from '../checks';

/** One row: this installation, and a known text under its encryption key. */
@Entity({ name: 'installation', comment: 'One row: this installation, and a known text under its encryption key.' })
@Index('installation_single_row_key', { synchronize: false })
@Check('installation_enc_key_canary_check', envelope('enc_key_canary'))
@Check('installation_epoch_check', positive('epoch'))
export class InstallationEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'integer', default: 1 })
  epoch: number;

  /** A known text under the encryption key: tells at start whether the key fits. */
  @Column({ name: 'enc_key_canary', type: 'text', nullable: true })
  encKeyCanary: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
