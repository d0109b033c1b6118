import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { oneOf, openName } from '../../../kernel/database/checks';
import { ACTOR_TYPES, type ActorType } from '../../history/entities/history.values';
import { MAINTENANCE_STATUSES, SCAN_METHODS, type MaintenanceStatus, type ScanMethod } from './maintenance.values';

/** Searches of a network for machines that answer SSH. */
@Entity({ name: 'discovery_scans', comment: 'Searches of a network for machines that answer SSH.' })
@Index('discovery_scans_one_running_key', { synchronize: false })
@Index('discovery_scans_started_at_idx', { synchronize: false })
@Check('discovery_scans_error_kind_check', openName('error_kind'))
@Check('discovery_scans_method_check', oneOf('method', SCAN_METHODS))
@Check('discovery_scans_requested_by_type_check', oneOf('requested_by_type', ACTOR_TYPES))
@Check('discovery_scans_status_check', oneOf('status', MAINTENANCE_STATUSES))
export class DiscoveryScanEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  /** The network, within those that the settings allow. */
  @Column({ type: 'text' })
  cidr: string;

  @Column({ name: 'ports_json', type: 'jsonb' })
  portsJson: unknown;

  @Column({ type: 'text' })
  method: ScanMethod;

  @Column({ type: 'text' })
  status: MaintenanceStatus;

  @Column({ name: 'requested_by_type', type: 'text', nullable: true })
  requestedByType: ActorType | null;

  @Column({ name: 'requested_by_id', type: 'text', nullable: true })
  requestedById: string | null;

  @Column({ name: 'requested_by_name', type: 'text', nullable: true })
  requestedByName: string | null;

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;

  @Column({ name: 'result_json', type: 'jsonb', nullable: true })
  resultJson: unknown;

  @Column({ name: 'error_kind', type: 'text', nullable: true })
  errorKind: string | null;

  @Column({ name: 'error_message', type: 'text', nullable: true })
  errorMessage: string | null;
}
