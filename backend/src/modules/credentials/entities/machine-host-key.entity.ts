import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, tcpPort } from '../../../kernel/database/checks';
import { HOST_KEY_STATUSES, type HostKeyStatus } from './credentials.values';

/** Keys that machines have shown; only approved ones are ever signed in to. */
@Entity({
  name: 'machine_host_keys',
  comment: 'Keys that machines have shown; only approved ones are ever signed in to.',
})
@Index('machine_host_keys_fingerprint_sha256_idx', ['fingerprintSha256'])
@Index('machine_host_keys_machine_id_fingerprint_sha256_key', ['machineId', 'fingerprintSha256'], { unique: true })
@Check('machine_host_keys_port_check', tcpPort('port'))
@Check('machine_host_keys_status_check', oneOf('status', HOST_KEY_STATUSES))
export class MachineHostKeyEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  /** Null while the key was only seen by a scan. */
  @ForeignKey('machines', { name: 'machine_host_keys_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid', nullable: true })
  machineId: string | null;

  @Column({ type: 'text' })
  hostname: string;

  @Column({ type: 'integer' })
  port: number;

  @Column({ name: 'key_type', type: 'text', nullable: true })
  keyType: string | null;

  /** As OpenSSH prints it: `SHA256:` and unpadded base64. */
  @Column({ name: 'fingerprint_sha256', type: 'text' })
  fingerprintSha256: string;

  @Column({ name: 'public_key', type: 'text', nullable: true })
  publicKey: string | null;

  @Column({ type: 'text' })
  status: HostKeyStatus;

  @Column({ name: 'first_seen_at', type: 'timestamptz' })
  firstSeenAt: Date;

  @Column({ name: 'last_seen_at', type: 'timestamptz' })
  lastSeenAt: Date;

  @Column({ name: 'approved_at', type: 'timestamptz', nullable: true })
  approvedAt: Date | null;

  /** Name of the user who decided. */
  @Column({ name: 'approved_by', type: 'text', nullable: true })
  approvedBy: string | null;
}
