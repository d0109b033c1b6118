import { Check, Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { nonNegative, oneOf, positive } from '../../../kernel/database/checks';
import { bigintNumber } from '../../../kernel/database/columns';
import { LOG_STREAMS, type LogStream } from './jobs.values';

/** The live log of a job, numbered by the holder of its fence. */
@Entity({ name: 'job_log_chunks', comment: 'The live log of a job, numbered by the holder of its fence.' })
@Check('job_log_chunks_byte_offset_check', nonNegative('byte_offset'))
@Check('job_log_chunks_seq_check', positive('seq'))
@Check('job_log_chunks_stream_check', oneOf('stream', LOG_STREAMS))
export class JobLogChunkEntity {
  @ForeignKey('jobs', { name: 'job_log_chunks_job_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'job_id', type: 'uuid' })
  jobId: string;

  /** From 1, without a gap. */
  @PrimaryColumn({ type: 'bigint', transformer: bigintNumber })
  seq: number;

  @Column({ type: 'text' })
  stream: LogStream;

  @Column({ type: 'text', nullable: true })
  section: string | null;

  @Column({ type: 'text' })
  text: string;

  /** Where the chunk begins in the log file on the machine, for detached runs. */
  @Column({ name: 'byte_offset', type: 'bigint', nullable: true, transformer: bigintNumber })
  byteOffset: number | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
