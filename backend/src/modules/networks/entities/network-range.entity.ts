import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** The addresses of a network. Of several ranges that hold an address the narrowest counts. */
@Entity({
  name: 'network_ranges',
  comment: 'The addresses of a network. Of several ranges that hold an address the narrowest counts.',
})
@Index('network_ranges_network_id_idx', ['networkId'])
export class NetworkRangeEntity {
  /** The same range in two networks would leave open to which a machine belongs. */
  @PrimaryColumn({ type: 'cidr' })
  range: string;

  @ForeignKey('networks', { name: 'network_ranges_network_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'network_id', type: 'uuid' })
  networkId: string;
}
