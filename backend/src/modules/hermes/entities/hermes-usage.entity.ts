import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { nonNegative } from '../../../kernel/database/checks';
import { bigintNumber } from '../../../kernel/database/columns';

/** Tokens as the provider counted them, and bytes as we did; null is not counted. */
@Entity({
  name: 'hermes_usage',
  comment: 'Tokens as the provider counted them, and bytes as we did; null is not counted.',
})
@Index('hermes_usage_created_at_idx', { synchronize: false })
@Index('hermes_usage_run_id_idx', ['runId'])
@Check('hermes_usage_cached_tokens_check', nonNegative('cached_tokens'))
@Check('hermes_usage_completion_tokens_check', nonNegative('completion_tokens'))
@Check('hermes_usage_prompt_tokens_check', nonNegative('prompt_tokens'))
@Check('hermes_usage_raw_bytes_check', nonNegative('raw_bytes'))
@Check('hermes_usage_reduced_bytes_check', nonNegative('reduced_bytes'))
@Check('hermes_usage_reduction_ratio_check', 'reduction_ratio <= 1')
@Check('hermes_usage_total_tokens_check', nonNegative('total_tokens'))
export class HermesUsageEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @ForeignKey('hermes_runs', { name: 'hermes_usage_run_id_fkey', onDelete: 'SET NULL' })
  @Column({ name: 'run_id', type: 'uuid', nullable: true })
  runId: string | null;

  @Column({ type: 'text', nullable: true })
  provider: string | null;

  @Column({ type: 'text', nullable: true })
  model: string | null;

  /** As the provider counted them; null when it did not say. */
  @Column({ name: 'prompt_tokens', type: 'integer', nullable: true })
  promptTokens: number | null;

  @Column({ name: 'cached_tokens', type: 'integer', nullable: true })
  cachedTokens: number | null;

  @Column({ name: 'completion_tokens', type: 'integer', nullable: true })
  completionTokens: number | null;

  @Column({ name: 'total_tokens', type: 'integer', nullable: true })
  totalTokens: number | null;

  /** Bytes of the whole answers of the tools. */
  @Column({ name: 'raw_bytes', type: 'bigint', nullable: true, transformer: bigintNumber })
  rawBytes: number | null;

  /** Bytes that were really handed to the agent. */
  @Column({ name: 'reduced_bytes', type: 'bigint', nullable: true, transformer: bigintNumber })
  reducedBytes: number | null;

  /** 1 − reduced / raw; below 0 when the reduced form is longer. */
  @Column({ name: 'reduction_ratio', type: 'real', nullable: true })
  reductionRatio: number | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
