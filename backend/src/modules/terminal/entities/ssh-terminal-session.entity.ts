import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, openName } from '../../../kernel/database/checks';
import { RECORDING_FORMATS, TERMINAL_STATUSES, type RecordingFormat, type TerminalStatus } from './terminal.values';

/** Interactive terminals opened from the portal, with how each one ended. */
@Entity({
  name: 'ssh_terminal_sessions',
  comment: 'Interactive terminals opened from the portal, with how each one ended.',
})
@Index('ssh_terminal_sessions_machine_id_opened_at_idx', { synchronize: false })
@Index('ssh_terminal_sessions_opened_by_opened_at_idx', { synchronize: false })
@Index('ssh_terminal_sessions_status_idx', ['status'])
@Check('ssh_terminal_sessions_close_reason_check', openName('close_reason'))
@Check('ssh_terminal_sessions_recording_format_check', oneOf('recording_format', RECORDING_FORMATS))
@Check('ssh_terminal_sessions_status_check', oneOf('status', TERMINAL_STATUSES))
export class SshTerminalSessionEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('machines', { name: 'ssh_terminal_sessions_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  /** Who was signed in as on the machine. */
  @Column({ type: 'text', nullable: true })
  username: string | null;

  /** Id of the user. */
  @Column({ name: 'opened_by', type: 'text', nullable: true })
  openedBy: string | null;

  /** As it was then. */
  @Column({ name: 'opened_by_name', type: 'text', nullable: true })
  openedByName: string | null;

  @Column({ name: 'client_ip', type: 'text', nullable: true })
  clientIp: string | null;

  /** The process that has the terminal; when it is gone, so is the terminal. */
  @Column({ type: 'text', nullable: true })
  holder: string | null;

  @Column({ name: 'opened_at', type: 'timestamptz' })
  openedAt: Date;

  @Column({ name: 'last_input_at', type: 'timestamptz', nullable: true })
  lastInputAt: Date | null;

  @Column({ name: 'closed_at', type: 'timestamptz', nullable: true })
  closedAt: Date | null;

  @Column({ name: 'closed_by', type: 'text', nullable: true })
  closedBy: string | null;

  /** `idle`, `time_limit`, `killed`, `server_restart` and the like. */
  @Column({ name: 'close_reason', type: 'text', nullable: true })
  closeReason: string | null;

  @Column({ type: 'text' })
  status: TerminalStatus;

  @Column({ type: 'boolean', default: true })
  interactive: boolean;

  @Column({ name: 'recording_enabled', type: 'boolean', default: false })
  recordingEnabled: boolean;

  @Column({ name: 'recording_format', type: 'text', nullable: true })
  recordingFormat: RecordingFormat | null;

  /** Whether the recording reached its size limit. */
  @Column({ name: 'recording_truncated', type: 'boolean', default: false })
  recordingTruncated: boolean;

  @Column({ name: 'raw_artifact_id', type: 'uuid', nullable: true })
  rawArtifactId: string | null;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError: string | null;

  @Column({ name: 'metadata_json', type: 'jsonb', nullable: true })
  metadataJson: unknown;
}
