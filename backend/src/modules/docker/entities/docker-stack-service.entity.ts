import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { oneOf } from '../../../kernel/database/checks';
import { SERVICE_STATUSES, type ServiceStatus } from './docker.values';

/** The latest state of each service of a stack, and of its image. */
@Entity({ name: 'docker_stack_services', comment: 'The latest state of each service of a stack, and of its image.' })
@Index('docker_stack_services_stack_id_service_name_key', ['stackId', 'serviceName'], { unique: true })
@Index('docker_stack_services_stack_id_status_idx', ['stackId', 'status'])
@Check('docker_stack_services_status_check', oneOf('status', SERVICE_STATUSES))
export class DockerStackServiceEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('docker_compose_stacks', { name: 'docker_stack_services_stack_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'stack_id', type: 'uuid' })
  stackId: string;

  @Column({ name: 'service_name', type: 'text' })
  serviceName: string;

  /** As the Compose file names it. */
  @Column({ name: 'image_ref', type: 'text', nullable: true })
  imageRef: string | null;

  /** The image that the container runs; comparable only within this machine and its image store. */
  @Column({ name: 'current_image_id', type: 'text', nullable: true })
  currentImageId: string | null;

  /** The digest of that image under its reference. */
  @Column({ name: 'current_digest', type: 'text', nullable: true })
  currentDigest: string | null;

  /** Every digest of that image: an update is a remote digest that is none of these. */
  @Column({ name: 'repo_digests_json', type: 'jsonb', nullable: true })
  repoDigestsJson: unknown;

  /** The image that the reference points to on the machine now; another one than the current is a pending re-creation. */
  @Column({ name: 'candidate_image_id', type: 'text', nullable: true })
  candidateImageId: string | null;

  /** The digest that the registry gives for the reference. */
  @Column({ name: 'candidate_digest', type: 'text', nullable: true })
  candidateDigest: string | null;

  @Column({ name: 'version_label', type: 'text', nullable: true })
  versionLabel: string | null;

  /** The store that the ids are of: ids of another store mean something else. */
  @Column({ name: 'image_store', type: 'text', nullable: true })
  imageStore: string | null;

  /** `os/arch/variant` of the engine. */
  @Column({ type: 'text', nullable: true })
  platform: string | null;

  @Column({ type: 'text', nullable: true })
  status: ServiceStatus | null;

  /** Why it is not known, or cannot be updated. */
  @Column({ name: 'status_reason', type: 'text', nullable: true })
  statusReason: string | null;

  /** Never rolled back by itself: a rollback does not undo what the new version did to its data. */
  @Column({ name: 'is_stateful', type: 'boolean', default: false })
  isStateful: boolean;

  /** Runs this program, or the way to it. */
  @Column({ name: 'is_self', type: 'boolean', default: false })
  isSelf: boolean;

  @Column({ name: 'checked_at', type: 'timestamptz', nullable: true })
  checkedAt: Date | null;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
