import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Files of the artifact store that nothing refers to any more. */
@Entity({ name: 'artifact_removals', comment: 'Files of the artifact store that nothing refers to any more.' })
export class ArtifactRemovalEntity {
  /** Relative to the artifact store. */
  @PrimaryColumn({ type: 'text' })
  path: string;

  @Column({ name: 'requested_at', type: 'timestamptz' })
  requestedAt: Date;
}
