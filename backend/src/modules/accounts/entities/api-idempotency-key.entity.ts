import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { sha256Hex } from '../../../kernel/database/checks';

/** What API clients asked for under a key of theirs, so that it is done once. */
@Entity({
  name: 'api_idempotency_keys',
  comment: 'What API clients asked for under a key of theirs, so that it is done once.',
})
@Index('api_idempotency_keys_expires_at_idx', ['expiresAt'])
@Check('api_idempotency_keys_key_check', 'length(key) >= 1 AND length(key) <= 255')
@Check('api_idempotency_keys_request_sha256_check', sha256Hex('request_sha256'))
export class ApiIdempotencyKeyEntity {
  @ForeignKey('api_clients', { name: 'api_idempotency_keys_api_client_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'api_client_id', type: 'uuid' })
  apiClientId: string;

  /** As the client sent it. */
  @PrimaryColumn({ type: 'text' })
  key: string;

  /** Of method, path and body: another request under the same key is refused. */
  @Column({ name: 'request_sha256', type: 'text' })
  requestSha256: string;

  /** The job that it led to, which answers the same request again. */
  @Column({ name: 'job_id', type: 'uuid', nullable: true })
  jobId: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}
