import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Words to group and filter machines by. */
@Entity({ name: 'tags', comment: 'Words to group and filter machines by.' })
@Index('tags_name_key', { synchronize: false })
export class TagEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', nullable: true })
  color: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
