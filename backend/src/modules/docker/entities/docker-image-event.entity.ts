import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { nonNegative, oneOf } from '../../../kernel/database/checks';
import { bigintNumber } from '../../../kernel/database/columns';
import { IMAGE_OPERATIONS, type ImageOperation } from './docker.values';

/** Images pulled, taken into use, given up or removed. */
@Entity({ name: 'docker_image_events', comment: 'Images pulled, taken into use, given up or removed.' })
@Index('docker_image_events_execution_id_idx', ['executionId'])
@Index('docker_image_events_machine_id_created_at_idx', { synchronize: false })
@Index('docker_image_events_stack_id_created_at_idx', { synchronize: false })
@Check('docker_image_events_bytes_reclaimed_check', nonNegative('bytes_reclaimed'))
@Check('docker_image_events_operation_check', oneOf('operation', IMAGE_OPERATIONS))
export class DockerImageEventEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  /** Null when others did it. */
  @ForeignKey('executions', { name: 'docker_image_events_execution_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'execution_id', type: 'uuid', nullable: true })
  executionId: string | null;

  @ForeignKey('machines', { name: 'docker_image_events_machine_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  /** Null for images of no stack, and once the stack is gone. */
  @ForeignKey('docker_compose_stacks', { name: 'docker_image_events_stack_id_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'stack_id', type: 'uuid', nullable: true })
  stackId: string | null;

  @Column({ name: 'service_name', type: 'text', nullable: true })
  serviceName: string | null;

  @Column({ name: 'image_ref', type: 'text', nullable: true })
  imageRef: string | null;

  @Column({ name: 'from_image_id', type: 'text', nullable: true })
  fromImageId: string | null;

  @Column({ name: 'to_image_id', type: 'text', nullable: true })
  toImageId: string | null;

  @Column({ name: 'from_digest', type: 'text', nullable: true })
  fromDigest: string | null;

  @Column({ name: 'to_digest', type: 'text', nullable: true })
  toDigest: string | null;

  /** The local name under which the former image is kept, so that a prune leaves it. */
  @Column({ name: 'rollback_ref', type: 'text', nullable: true })
  rollbackRef: string | null;

  @Column({ type: 'text', nullable: true })
  operation: ImageOperation | null;

  /** Bytes. */
  @Column({ name: 'bytes_reclaimed', type: 'bigint', nullable: true, transformer: bigintNumber })
  bytesReclaimed: number | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
