import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { bigintNumber } from '../../../kernel/database/columns';

/** Attempts counted per key until expire (milliseconds). */
@Entity({ name: 'rate_limits', comment: 'Attempts counted per key until expire (milliseconds).' })
@Index('rate_limits_expire_idx', ['expire'])
export class RateLimitEntity {
  @PrimaryColumn({ type: 'varchar', length: 255 })
  key: string;

  @Column({ type: 'integer', default: 0 })
  points: number;

  /** Milliseconds since 1970. */
  @Column({ type: 'bigint', nullable: true, transformer: bigintNumber })
  expire: number | null;
}
