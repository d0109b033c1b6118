import { Check, Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { envelope, oneOf } from '../../../kernel/database/checks';
import {
  AUTH_METHODS,
  CREDENTIALS_STATUSES,
  SUDO_MODES,
  type AuthMethod,
  type CredentialsStatus,
  type SudoMode,
} from './credentials.values';

/** How to sign in; the enc_ columns hold ciphertext only. */
@Entity({ name: 'machine_credentials', comment: 'How to sign in; the enc_ columns hold ciphertext only.' })
@Check('machine_credentials_auth_method_check', oneOf('auth_method', AUTH_METHODS))
@Check('machine_credentials_enc_key_passphrase_check', envelope('enc_key_passphrase'))
@Check('machine_credentials_enc_password_check', envelope('enc_password'))
@Check('machine_credentials_enc_private_key_check', envelope('enc_private_key'))
@Check('machine_credentials_enc_sudo_password_check', envelope('enc_sudo_password'))
@Check('machine_credentials_status_check', oneOf('status', CREDENTIALS_STATUSES))
@Check('machine_credentials_sudo_mode_check', oneOf('sudo_mode', SUDO_MODES))
export class MachineCredentialsEntity {
  @ForeignKey('machines', { name: 'machine_credentials_machine_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @Column({ name: 'auth_method', type: 'text' })
  authMethod: AuthMethod;

  /** Envelopes are bound to table, row and column: one moved elsewhere cannot be decrypted. */
  @Column({ name: 'enc_password', type: 'text', nullable: true })
  encPassword: string | null;

  @Column({ name: 'enc_sudo_password', type: 'text', nullable: true })
  encSudoPassword: string | null;

  @Column({ name: 'enc_private_key', type: 'text', nullable: true })
  encPrivateKey: string | null;

  @Column({ name: 'enc_key_passphrase', type: 'text', nullable: true })
  encKeyPassphrase: string | null;

  @Column({ name: 'sudo_mode', type: 'text' })
  sudoMode: SudoMode;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  @Column({ name: 'last_test_at', type: 'timestamptz', nullable: true })
  lastTestAt: Date | null;

  /** Result of the last connection test. */
  @Column({ type: 'text', nullable: true })
  status: CredentialsStatus | null;
}
