import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { finite, nonNegative, oneOf, openName, percentage } from '../../../kernel/database/checks';
import { bigintNumber } from '../../../kernel/database/columns';
import {
  APT_STATUSES,
  DOCKER_STATUSES,
  POST_INSTALL_STATUSES,
  MACHINE_STATE_STATUSES,
  type AptStatus,
  type DockerStatus,
  type PostInstallStatus,
  type MachineStateStatus,
} from './machines.values';

/** The current state of each machine, for tiles; null means not measured. */
@Entity({ name: 'machine_state', comment: 'The current state of each machine, for tiles; null means not measured.' })
@Index('machine_state_needs_rank_idx', ['needsRank'])
@Index('machine_state_status_idx', ['status'])
@Check('machine_state_apt_dist_upgrade_count_check', nonNegative('apt_dist_upgrade_count'))
@Check('machine_state_apt_kept_back_count_check', nonNegative('apt_kept_back_count'))
@Check('machine_state_apt_security_updates_count_check', nonNegative('apt_security_updates_count'))
@Check('machine_state_apt_status_check', oneOf('apt_status', APT_STATUSES))
@Check('machine_state_apt_updates_count_check', nonNegative('apt_updates_count'))
@Check('machine_state_apt_upgrade_count_check', nonNegative('apt_upgrade_count'))
@Check('machine_state_apt_upgrade_with_new_count_check', nonNegative('apt_upgrade_with_new_count'))
@Check('machine_state_cpu_load1_check', finite('cpu_load1'))
@Check('machine_state_disk_warnings_count_check', nonNegative('disk_warnings_count'))
@Check('machine_state_docker_stacks_count_check', nonNegative('docker_stacks_count'))
@Check('machine_state_docker_status_check', oneOf('docker_status', DOCKER_STATUSES))
@Check('machine_state_docker_updates_count_check', nonNegative('docker_updates_count'))
@Check('machine_state_hardware_warnings_count_check', nonNegative('hardware_warnings_count'))
@Check('machine_state_last_error_action_check', openName('last_error_action'))
@Check('machine_state_last_error_kind_check', openName('last_error_kind'))
@Check('machine_state_memory_used_percent_check', percentage('memory_used_percent'))
@Check('machine_state_needs_rank_check', nonNegative('needs_rank'))
@Check('machine_state_open_messages_count_check', nonNegative('open_messages_count'))
@Check('machine_state_post_install_status_check', oneOf('post_install_status', POST_INSTALL_STATUSES))
@Check('machine_state_revision_check', nonNegative('revision'))
@Check('machine_state_root_used_percent_check', percentage('root_used_percent'))
@Check('machine_state_status_check', oneOf('status', MACHINE_STATE_STATUSES))
@Check('machine_state_underlying_needs_rank_check', nonNegative('underlying_needs_rank'))
export class MachineStateEntity {
  @ForeignKey('machines', { name: 'machine_state_machine_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @Column({ type: 'text' })
  status: MachineStateStatus;

  @Column({ name: 'apt_status', type: 'text', default: 'unknown' })
  aptStatus: AptStatus;

  /** Packages that the mode of this machine would change; null until a first good analysis. */
  @Column({ name: 'apt_updates_count', type: 'integer', nullable: true })
  aptUpdatesCount: number | null;

  @Column({ name: 'apt_security_updates_count', type: 'integer', nullable: true })
  aptSecurityUpdatesCount: number | null;

  /** Packages with a newer version that the plan leaves, whatever the reason. */
  @Column({ name: 'apt_kept_back_count', type: 'integer', nullable: true })
  aptKeptBackCount: number | null;

  /** Packages changed by `upgrade`. */
  @Column({ name: 'apt_upgrade_count', type: 'integer', nullable: true })
  aptUpgradeCount: number | null;

  /** Packages changed by `upgrade --with-new-pkgs`. */
  @Column({ name: 'apt_upgrade_with_new_count', type: 'integer', nullable: true })
  aptUpgradeWithNewCount: number | null;

  /** Packages changed by `dist-upgrade`. */
  @Column({ name: 'apt_dist_upgrade_count', type: 'integer', nullable: true })
  aptDistUpgradeCount: number | null;

  /** Null: cannot tell. */
  @Column({ name: 'apt_reboot_required', type: 'boolean', nullable: true })
  aptRebootRequired: boolean | null;

  @Column({ name: 'apt_reboot_reason', type: 'text', nullable: true })
  aptRebootReason: string | null;

  /** The last good analysis: the age of the counts. */
  @Column({ name: 'apt_last_analyze_at', type: 'timestamptz', nullable: true })
  aptLastAnalyzeAt: Date | null;

  /** The last refresh that reached every repository. */
  @Column({ name: 'apt_index_refreshed_at', type: 'timestamptz', nullable: true })
  aptIndexRefreshedAt: Date | null;

  /** The last time that the machine's logs could be read for changes by others; null: never, or not for long. */
  @Column({ name: 'apt_history_read_at', type: 'timestamptz', nullable: true })
  aptHistoryReadAt: Date | null;

  /** The counts are of an earlier analysis than the last one tried. */
  @Column({ name: 'apt_stale', type: 'boolean', default: false })
  aptStale: boolean;

  @Column({ name: 'apt_stale_reason', type: 'text', nullable: true })
  aptStaleReason: string | null;

  @Column({ name: 'docker_status', type: 'text', default: 'unknown' })
  dockerStatus: DockerStatus;

  @Column({ name: 'docker_installed', type: 'boolean', nullable: true })
  dockerInstalled: boolean | null;

  @Column({ name: 'docker_stacks_count', type: 'integer', nullable: true })
  dockerStacksCount: number | null;

  @Column({ name: 'docker_updates_count', type: 'integer', nullable: true })
  dockerUpdatesCount: number | null;

  @Column({ name: 'docker_prune_available', type: 'boolean', nullable: true })
  dockerPruneAvailable: boolean | null;

  @Column({ name: 'post_install_status', type: 'text', default: 'not_run' })
  postInstallStatus: PostInstallStatus;

  @Column({ name: 'metrics_last_collected_at', type: 'timestamptz', nullable: true })
  metricsLastCollectedAt: Date | null;

  @Column({ name: 'cpu_load1', type: 'real', nullable: true })
  cpuLoad1: number | null;

  @Column({ name: 'memory_used_percent', type: 'real', nullable: true })
  memoryUsedPercent: number | null;

  @Column({ name: 'root_used_percent', type: 'real', nullable: true })
  rootUsedPercent: number | null;

  @Column({ name: 'disk_warnings_count', type: 'integer', nullable: true })
  diskWarningsCount: number | null;

  @Column({ name: 'hardware_warnings_count', type: 'integer', nullable: true })
  hardwareWarningsCount: number | null;

  @Column({ name: 'open_messages_count', type: 'integer', nullable: true })
  openMessagesCount: number | null;

  /** A job, without a foreign key. */
  @Column({ name: 'running_job_id', type: 'uuid', nullable: true })
  runningJobId: string | null;

  @Column({ name: 'last_error_kind', type: 'text', nullable: true })
  lastErrorKind: string | null;

  @Column({ name: 'last_error_message', type: 'text', nullable: true })
  lastErrorMessage: string | null;

  /** The action that ended with it; null for errors of connecting. */
  @Column({ name: 'last_error_action', type: 'text', nullable: true })
  lastErrorAction: string | null;

  /** Place in the dashboard's precedence, 0 = quarantined … 9 = clean, 7 = unknown, with a running job counted in. */
  @Column({ name: 'needs_rank', type: 'smallint', default: 7 })
  needsRank: number;

  /** The same without the running job: what shows again when it ends. */
  @Column({ name: 'underlying_needs_rank', type: 'smallint', default: 7 })
  underlyingNeedsRank: number;

  /** Raised by every write, so that an older live event cannot overwrite a newer one. */
  @Column({ type: 'bigint', default: 0, transformer: bigintNumber })
  revision: number;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
