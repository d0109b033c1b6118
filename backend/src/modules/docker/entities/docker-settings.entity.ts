import { Check, Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { nonNegative, oneOf } from '../../../kernel/database/checks';
import { COMPOSE_VARIANTS, PRUNE_MODES, type ComposeVariant, type PruneMode } from './docker.values';

/** How Docker is handled on a machine, and what its engine said of itself. */
@Entity({ name: 'docker_settings', comment: 'How Docker is handled on a machine, and what its engine said of itself.' })
@Check('docker_settings_compose_variant_check', oneOf('compose_variant', COMPOSE_VARIANTS))
@Check('docker_settings_prune_mode_check', oneOf('prune_mode', PRUNE_MODES))
@Check('docker_settings_scan_depth_check', nonNegative('scan_depth'))
export class DockerSettingsEntity {
  @ForeignKey('machines', { name: 'docker_settings_machine_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @Column({ type: 'boolean', default: false })
  enabled: boolean;

  /** How many folders deep a root is searched, unless the root says otherwise. */
  @Column({ name: 'scan_depth', type: 'integer', default: 4 })
  scanDepth: number;

  /** `safe` removes dangling images only, `aggressive` every image that no container refers to; never a volume. */
  @Column({ name: 'prune_mode', type: 'text', default: 'safe' })
  pruneMode: PruneMode;

  /** Whether a prune also removes old build cache. */
  @Column({ name: 'prune_build_cache', type: 'boolean', default: false })
  pruneBuildCache: boolean;

  /** The Compose that the machine has: the plugin (v2), the old program (v1) or none. Null until looked at. */
  @Column({ name: 'compose_variant', type: 'text', nullable: true })
  composeVariant: ComposeVariant | null;

  /** What the engine said of itself: versions, image store, data root, rootless or not, how it is reached. */
  @Column({ name: 'engine_json', type: 'jsonb', nullable: true })
  engineJson: unknown;

  @Column({ name: 'last_scan_at', type: 'timestamptz', nullable: true })
  lastScanAt: Date | null;

  @Column({ name: 'last_pull_check_at', type: 'timestamptz', nullable: true })
  lastPullCheckAt: Date | null;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
