import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { nonNegative } from '../../../kernel/database/checks';

/** Folders of a machine in which Compose files are looked for. */
@Entity({ name: 'docker_compose_roots', comment: 'Folders of a machine in which Compose files are looked for.' })
@Index('docker_compose_roots_machine_id_path_key', ['machineId', 'path'], { unique: true })
@Check('docker_compose_roots_path_check', "path ~ '^/'")
@Check('docker_compose_roots_scan_depth_check', nonNegative('scan_depth'))
export class DockerComposeRootEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('machines', { name: 'docker_compose_roots_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  /** Absolute. */
  @Column({ type: 'text' })
  path: string;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  /** Null: as the settings of the machine say. */
  @Column({ name: 'scan_depth', type: 'integer', nullable: true })
  scanDepth: number | null;

  /** What the last scan could not read, and why. */
  @Column({ name: 'findings_json', type: 'jsonb', nullable: true })
  findingsJson: unknown;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
