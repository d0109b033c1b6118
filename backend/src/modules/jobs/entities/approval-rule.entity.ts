import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { oneOf, positive } from '../../../kernel/database/checks';
import { APPROVAL_DEMANDS, type ApprovalDemand } from './jobs.values';

/** Which requests ask for whose decision. Where no rule speaks, whoever may confirm changes decides. */
@Entity({ name: 'approval_rules', comment: 'Which requests ask for whose decision.' })
@Index('approval_rules_name_key', { synchronize: false })
@Check('approval_rules_demand_check', oneOf('demand', APPROVAL_DEMANDS))
@Check('approval_rules_version_check', positive('version'))
export class ApprovalRuleEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'boolean' })
  enabled: boolean;

  @Column({ type: 'text' })
  demand: ApprovalDemand;

  /** All of them must hold; an empty one holds for every request. */
  @Column({ name: 'conditions_json', type: 'jsonb' })
  conditionsJson: unknown;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** Name of the user. */
  @Column({ name: 'created_by', type: 'text' })
  createdBy: string;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  @Column({ name: 'updated_by', type: 'text' })
  updatedBy: string;

  /** Counts changes: who changes it says which one they saw. */
  @Column({ type: 'integer' })
  version: number;
}
