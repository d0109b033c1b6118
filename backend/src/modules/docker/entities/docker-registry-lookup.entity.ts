import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { nonNegative, oneOf } from '../../../kernel/database/checks';
import { LOOKUP_STATUSES, type LookupStatus } from './docker.values';

/** What registries answered lately, so that a fleet asks once. */
@Entity({ name: 'docker_registry_lookups', comment: 'What registries answered lately, so that a fleet asks once.' })
@Index('docker_registry_lookups_expires_at_idx', ['expiresAt'])
@Index('docker_registry_lookups_image_ref_platform_identity_key', ['imageRef', 'platform', 'credentialIdentity'], {
  unique: true,
})
@Check('docker_registry_lookups_quota_remaining_check', nonNegative('quota_remaining'))
@Check('docker_registry_lookups_status_check', oneOf('status', LOOKUP_STATUSES))
export class DockerRegistryLookupEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ name: 'image_ref', type: 'text' })
  imageRef: string;

  /** `os/arch/variant`. */
  @Column({ type: 'text' })
  platform: string;

  /** Whose login asked: `anonymous`, or a digest of registry and user. Never a secret. */
  @Column({ name: 'credential_identity', type: 'text' })
  credentialIdentity: string;

  @Column({ type: 'text' })
  status: LookupStatus;

  /** Of the reference itself. */
  @Column({ name: 'index_digest', type: 'text', nullable: true })
  indexDigest: string | null;

  /** Of the image for this platform; the same as before means that there is nothing to do. */
  @Column({ name: 'platform_digest', type: 'text', nullable: true })
  platformDigest: string | null;

  /** Requests that the registry still allows, as it said. */
  @Column({ name: 'quota_remaining', type: 'integer', nullable: true })
  quotaRemaining: number | null;

  @Column({ name: 'error_message', type: 'text', nullable: true })
  errorMessage: string | null;

  @Column({ name: 'looked_up_at', type: 'timestamptz' })
  lookedUpAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}
