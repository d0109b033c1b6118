import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf, sha256Hex, wordsWithin } from '../../../kernel/database/checks';
import { CLIENT_KINDS, CLIENT_SCOPES, CLIENT_STATUSES, type ClientKind, type ClientStatus } from './accounts.values';

/** Programs that may call the API, by the SHA-256 of their token. */
@Entity({ name: 'api_clients', comment: 'Programs that may call the API, by the SHA-256 of their token.' })
@Index('api_clients_created_by_idx', ['createdBy'])
@Index('api_clients_rotated_from_idx', ['rotatedFrom'])
@Index('api_clients_status_client_kind_idx', ['status', 'clientKind'])
@Index('api_clients_token_hash_key', ['tokenHash'], { unique: true })
@Check('api_clients_client_kind_check', oneOf('client_kind', CLIENT_KINDS))
@Check('api_clients_scopes_json_check', wordsWithin('scopes_json', 'scopes', CLIENT_SCOPES))
@Check('api_clients_status_check', oneOf('status', CLIENT_STATUSES))
@Check('api_clients_token_hash_check', sha256Hex('token_hash'))
export class ApiClientEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  label: string;

  @Column({ name: 'client_kind', type: 'text' })
  clientKind: ClientKind;

  /** SHA-256 of the token, hexadecimal. */
  @Column({ name: 'token_hash', type: 'text' })
  tokenHash: string;

  /** The beginning of the token, to tell tokens apart; too short to guess the rest. */
  @Column({ name: 'token_prefix', type: 'text' })
  tokenPrefix: string;

  /** What the token may be used for: `{ scopes: [...] }`. */
  @Column({ name: 'scopes_json', type: 'jsonb' })
  scopesJson: unknown;

  /** Ids of machines and tags that the client is limited to; null for all. */
  @Column({ name: 'machines_json', type: 'jsonb', nullable: true })
  machinesJson: unknown;

  /** Networks that it may call from; null for all. */
  @Column({ name: 'allowed_networks_json', type: 'jsonb', nullable: true })
  allowedNetworksJson: unknown;

  @Column({ type: 'text' })
  status: ClientStatus;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @ForeignKey('users', { name: 'api_clients_created_by_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'created_by', type: 'uuid', nullable: true })
  createdBy: string | null;

  /** The client whose token this one replaces. */
  @ForeignKey('api_clients', { name: 'api_clients_rotated_from_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'rotated_from', type: 'uuid', nullable: true })
  rotatedFrom: string | null;

  /** Written every few minutes at most. */
  @Column({ name: 'last_seen_at', type: 'timestamptz', nullable: true })
  lastSeenAt: Date | null;

  @Column({ name: 'last_ip', type: 'text', nullable: true })
  lastIp: string | null;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;

  @Column({ name: 'metadata_json', type: 'jsonb', nullable: true })
  metadataJson: unknown;
}
