import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, tcpPort } from '../../../kernel/database/checks';
import { CANDIDATE_MATCHES, type CandidateMatch } from './maintenance.values';

/** What answered a scan, and whether it is a machine that we know. */
@Entity({ name: 'discovery_candidates', comment: 'What answered a scan, and whether it is a machine that we know.' })
@Index('discovery_candidates_known_machine_id_idx', ['knownMachineId'])
@Index('discovery_candidates_scan_id_host_port_key', ['scanId', 'host', 'port'], { unique: true })
@Check('discovery_candidates_match_check', oneOf('match', CANDIDATE_MATCHES))
@Check('discovery_candidates_port_check', tcpPort('port'))
export class DiscoveryCandidateEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('discovery_scans', { name: 'discovery_candidates_scan_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'scan_id', type: 'uuid' })
  scanId: string;

  @Column({ type: 'text' })
  host: string;

  @Column({ type: 'integer' })
  port: number;

  /** The banner that it answered with. */
  @Column({ type: 'text', nullable: true })
  service: string | null;

  /** Of the preferred key, as OpenSSH prints it; unverified. */
  @Column({ name: 'host_key_fingerprint', type: 'text', nullable: true })
  hostKeyFingerprint: string | null;

  /** Every key that it showed, by type. */
  @Column({ name: 'host_keys_json', type: 'jsonb', nullable: true })
  hostKeysJson: unknown;

  @Column({ name: 'reverse_dns', type: 'text', nullable: true })
  reverseDns: string | null;

  @Column({ name: 'already_known', type: 'boolean', default: false })
  alreadyKnown: boolean;

  @ForeignKey('machines', { name: 'discovery_candidates_known_machine_id_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'known_machine_id', type: 'uuid', nullable: true })
  knownMachineId: string | null;

  /** By host key first, then by address: `moved` has another address, `key_changed` another key. */
  @Column({ type: 'text', default: 'new' })
  match: CandidateMatch;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
