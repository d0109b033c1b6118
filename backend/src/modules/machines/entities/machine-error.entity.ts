import { Check, Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { openName } from '../../../kernel/database/checks';

/** Errors of machines that nothing has settled yet; `machine_state` tells the newest. */
@Entity({
  name: 'machine_errors',
  comment: 'Errors of machines that nothing has settled yet; machine_state tells the newest.',
})
@Check('machine_errors_action_check', `action ~ '^([a-z][a-z0-9_]*)?$'`)
@Check('machine_errors_kind_check', openName('kind'))
export class MachineErrorEntity {
  @ForeignKey('machines', { name: 'machine_errors_machine_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  /** The action that ended with it; empty: of the connection, whatever met it. */
  @PrimaryColumn({ type: 'text' })
  action: string;

  @PrimaryColumn({ type: 'text' })
  kind: string;

  /** What it is about, as the action names it: a package, a service. Empty: nothing in particular, or nobody noted it. */
  @PrimaryColumn({ type: 'text', default: '' })
  subject: string;

  @Column({ type: 'text', nullable: true })
  message: string | null;

  @Column({ name: 'met_at', type: 'timestamptz' })
  metAt: Date;

  /** The job that ended with it; it may be gone by now. */
  @Column({ name: 'job_id', type: 'uuid', nullable: true })
  jobId: string | null;

  /** Among those of the machine, oldest first; of one job the one last that it is told by. */
  @Column({ type: 'smallint', default: 0 })
  place: number;
}
