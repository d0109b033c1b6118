import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { positive } from '../../../kernel/database/checks';

/** Machines that lie behind one line: so many jobs at a time may run on them. */
@Entity({ name: 'networks', comment: 'Machines that lie behind one line: so many jobs at a time may run on them.' })
@Index('networks_name_key', { synchronize: false })
@Check('networks_concurrency_check', positive('concurrency'))
export class NetworkEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  /** Jobs at a time on its machines, over all workers. */
  @Column({ type: 'integer' })
  concurrency: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  /** Name of the user. */
  @Column({ name: 'updated_by', type: 'text', nullable: true })
  updatedBy: string | null;
}
