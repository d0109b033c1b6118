import { Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { Contracts } from '../../../kernel/contracts/contracts';
import { unreadable, type DocumentDto } from '../../../kernel/contracts/document.dto';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import type { ApprovalDemand } from '../entities/jobs.values';
import {
  APPROVAL_CONDITIONS,
  conditionsDocument,
  conditionsOf,
  type ApprovalConditions,
  type ApprovalConditionsDocument,
} from './approval-conditions';
import type { AskedRule } from './approval';

export interface ApprovalRule extends Omit<AskedRule, 'conditions'> {
  readonly enabled: boolean;
  /** Null: this program cannot read them. */
  readonly conditions: ApprovalConditions | null;
  /** The conditions as they stand when they cannot be read. */
  readonly unreadable: readonly DocumentDto[];
  readonly updatedAt: Date;
  readonly updatedBy: string;
  readonly version: number;
}

/** What a person says of a rule. */
export interface RuleContent {
  readonly name: string;
  readonly enabled: boolean;
  readonly demand: ApprovalDemand;
  readonly conditions: ApprovalConditions;
}

interface RuleRow extends Omit<ApprovalRule, 'conditions' | 'unreadable'> {
  readonly stored: unknown;
}

const COLUMNS = `id, name, enabled, demand, conditions_json AS stored, updated_at AS "updatedAt", updated_by AS "updatedBy", version`;

/** The only place with SQL for `approval_rules`. */
@Injectable()
export class ApprovalRulesRepository {
  constructor(private readonly contracts: Contracts) {}

  /** By name. */
  async all(connection: EntityManager | DataSource): Promise<ApprovalRule[]> {
    const rows = await queryRows<RuleRow>(connection, `SELECT ${COLUMNS} FROM approval_rules ORDER BY lower(name), id`);
    return rows.map((row) => this.read(row));
  }

  /** Held until the transaction ends. */
  async held(manager: EntityManager, id: string): Promise<ApprovalRule | null> {
    const sql = `SELECT ${COLUMNS} FROM approval_rules WHERE id = $1 FOR UPDATE`;
    const row = await queryOne<RuleRow>(manager, sql, [id]);
    return row === null ? null : this.read(row);
  }

  async insert(manager: EntityManager, id: string, content: RuleContent, at: Date, by: string): Promise<void> {
    await affected(manager, INSERT, [...this.values(id, content), at, by]);
  }

  async update(manager: EntityManager, id: string, content: RuleContent, at: Date, by: string): Promise<void> {
    await affected(manager, UPDATE, [...this.values(id, content), at, by]);
  }

  async remove(manager: EntityManager, id: string): Promise<void> {
    await affected(manager, 'DELETE FROM approval_rules WHERE id = $1', [id]);
  }

  private values(id: string, { name, enabled, demand, conditions }: RuleContent): unknown[] {
    const document = this.contracts.document(APPROVAL_CONDITIONS.name, conditionsDocument(conditions));
    return [id, name, enabled, demand, document];
  }

  private read({ stored, ...rule }: RuleRow): ApprovalRule {
    const reading = this.contracts.read<ApprovalConditionsDocument>(APPROVAL_CONDITIONS.name, stored);
    return {
      ...rule,
      conditions: reading.readable ? conditionsOf(reading.document) : null,
      unreadable: unreadable({ [APPROVAL_CONDITIONS.name]: reading }),
    };
  }
}

const INSERT = `
  INSERT INTO approval_rules (id, name, enabled, demand, conditions_json, created_at, created_by, updated_at, updated_by, version)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $7, 1)`;

const UPDATE = `
  UPDATE approval_rules SET name = $2, enabled = $3, demand = $4, conditions_json = $5, updated_at = $6, updated_by = $7,
    version = version + 1
  WHERE id = $1`;
