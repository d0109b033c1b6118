import { Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** Which machine carries which tag. */
@Entity({ name: 'machine_tags', comment: 'Which machine carries which tag.' })
@Index('machine_tags_tag_id_idx', ['tagId'])
export class MachineTagEntity {
  @ForeignKey('machines', { name: 'machine_tags_machine_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'machine_id', type: 'uuid' })
  machineId: string;

  @ForeignKey('tags', { name: 'machine_tags_tag_id_fkey', onDelete: 'CASCADE' })
  @PrimaryColumn({ name: 'tag_id', type: 'uuid' })
  tagId: string;
}
