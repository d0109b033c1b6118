import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf } from '../../../kernel/database/checks';
import { STACK_DETECTIONS, STACK_STATUSES, type StackDetection, type StackStatus } from './docker.values';

/** Compose projects of a machine, found or named by a person. */
@Entity({ name: 'docker_compose_stacks', comment: 'Compose projects of a machine, found or named by a person.' })
@Index('docker_compose_stacks_machine_id_status_idx', ['machineId', 'status'])
@Index('docker_compose_stacks_machine_id_working_dir_name_key', ['machineId', 'workingDir', 'name'], { unique: true })
@Check('docker_compose_stacks_detected_by_check', oneOf('detected_by', STACK_DETECTIONS))
@Check('docker_compose_stacks_status_check', oneOf('status', STACK_STATUSES))
export class DockerComposeStackEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('machines', { name: 'docker_compose_stacks_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'working_dir', type: 'text' })
  workingDir: string;

  /** Absolute paths in the order in which Compose merges them. */
  @Column({ name: 'compose_files_json', type: 'jsonb' })
  composeFilesJson: unknown;

  /** As Compose knows it; null while the stack was never up. */
  @Column({ name: 'project_name', type: 'text', nullable: true })
  projectName: string | null;

  /** Absolute; several are separated by commas, as in the label of Compose. */
  @Column({ name: 'env_file', type: 'text', nullable: true })
  envFile: string | null;

  /** The profiles to run with. No label keeps them: without this list their services would be skipped. */
  @Column({ name: 'profiles_json', type: 'jsonb', nullable: true })
  profilesJson: unknown;

  /** Services whose health does not count, such as those that run once. */
  @Column({ name: 'ignored_services_json', type: 'jsonb', nullable: true })
  ignoredServicesJson: unknown;

  @Column({ type: 'text' })
  status: StackStatus;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError: string | null;

  @Column({ name: 'detected_by', type: 'text', nullable: true })
  detectedBy: StackDetection | null;

  @Column({ name: 'last_scan_at', type: 'timestamptz', nullable: true })
  lastScanAt: Date | null;

  @Column({ name: 'last_update_at', type: 'timestamptz', nullable: true })
  lastUpdateAt: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
