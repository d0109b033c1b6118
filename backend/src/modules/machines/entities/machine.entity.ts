import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { envelope, oneOf, openName, tcpPort } from '../../../kernel/database/checks';
import {
  APT_PROXY_MODES,
  MACHINE_KINDS,
  MACHINE_STATUSES,
  MACHINE_STATUSES_IN_USE,
  type AptProxyMode,
  type MachineKind,
  type MachineStatus,
  type MachineStatusInUse,
} from './machines.values';

/** A machine to keep up to date; archived when deleted_at is set. */
@Entity({ name: 'machines', comment: 'A machine to keep up to date; archived when deleted_at is set.' })
@Index('machines_hardware_profile_idx', ['hardwareProfile'])
@Index('machines_hostname_port_idx', ['hostname', 'port'])
@Index('machines_live_address_key', { synchronize: false })
@Index('machines_live_name_idx', { synchronize: false })
@Index('machines_network_id_idx', { synchronize: false })
@Index('machines_os_family_machine_kind_idx', ['osFamily', 'machineKind'])
@Index('machines_status_idx', ['status'])
@Check('machines_apt_proxy_mode_check', oneOf('apt_proxy_mode', APT_PROXY_MODES))
@Check('machines_archived_status_check', oneOf('archived_status', MACHINE_STATUSES_IN_USE))
@Check('machines_enc_apt_proxy_password_check', envelope('enc_apt_proxy_password'))
@Check('machines_hardware_profile_check', openName('hardware_profile'))
@Check('machines_machine_kind_check', oneOf('machine_kind', MACHINE_KINDS))
@Check('machines_port_check', tcpPort('port'))
@Check('machines_status_check', oneOf('status', MACHINE_STATUSES))
@Check('machines_virtualization_check', openName('virtualization'))
export class MachineEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  /** An IP address or a DNS name; one live machine per address and port, whatever the letter case. */
  @Column({ type: 'text' })
  hostname: string;

  @Column({ type: 'integer', default: 22 })
  port: number;

  /** Its hostname where that is an IP address, else the one at which it was last reached; null until then. */
  @Column({ type: 'inet', nullable: true })
  address: string | null;

  /** The network with the narrowest range around its address. */
  @ForeignKey('networks', { name: 'machines_network_id_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'network_id', type: 'uuid', nullable: true })
  networkId: string | null;

  /** The family of the system (debian, ubuntu, raspbian, proxmox …); `unknown` until somebody says or a probe finds out. */
  @Column({ name: 'os_family', type: 'text' })
  osFamily: string;

  @Column({ name: 'os_version', type: 'text', nullable: true })
  osVersion: string | null;

  @Column({ name: 'os_codename', type: 'text', nullable: true })
  osCodename: string | null;

  @Column({ type: 'text', nullable: true })
  arch: string | null;

  /** What it is made of: another dimension than the system. Chosen by hand, corrected by the probe. */
  @Column({ name: 'machine_kind', type: 'text', nullable: true })
  machineKind: MachineKind | null;

  @Column({ type: 'text', nullable: true })
  virtualization: string | null;

  @Column({ name: 'hardware_profile', type: 'text', nullable: true })
  hardwareProfile: string | null;

  @Column({ type: 'text' })
  username: string;

  @Column({ type: 'text' })
  status: MachineStatus;

  @Column({ name: 'apt_proxy_mode', type: 'text', default: 'system' })
  aptProxyMode: AptProxyMode;

  /** Used with mode `custom` alone; without user information. */
  @Column({ name: 'apt_proxy_url', type: 'text', nullable: true })
  aptProxyUrl: string | null;

  /** Envelope; see the key ring. */
  @Column({ name: 'enc_apt_proxy_password', type: 'text', nullable: true })
  encAptProxyPassword: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  /** When it last answered over SSH. */
  @Column({ name: 'last_seen_at', type: 'timestamptz', nullable: true })
  lastSeenAt: Date | null;

  /** Set when archived: the history stays. */
  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt: Date | null;

  /** The status at archiving, which a restore gives back: an archive is no way out of quarantine, and none into it. */
  @Column({ name: 'archived_status', type: 'text', nullable: true })
  archivedStatus: MachineStatusInUse | null;
}
