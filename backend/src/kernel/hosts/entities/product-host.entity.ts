import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** Hosts on which processes of this program run, as each says of itself. */
@Entity({ name: 'product_hosts', comment: 'Hosts on which processes of this program run, as each says of itself.' })
@Check('product_hosts_machine_id_check', `machine_id ~ '^([0-9a-f]{32})?$'`)
export class ProductHostEntity {
  /** What the host calls itself: in a container, the container. */
  @PrimaryColumn({ type: 'text' })
  host: string;

  /** `/etc/machine-id` as the process sees it; empty: it sees none. */
  @PrimaryColumn({ name: 'machine_id', type: 'text' })
  machineId: string;

  @Column({ name: 'seen_at', type: 'timestamptz' })
  seenAt: Date;
}
