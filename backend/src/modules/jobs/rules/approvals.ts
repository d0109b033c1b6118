import { Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { queryRows } from '../../../kernel/database/rows';
import { UNKNOWN_EFFECTS } from '../contracts/action-plan';
import { approvalOf, speaks, stricter, type Approval, type AskedRule, type RequestApproval } from './approval';
import type { ApprovalConditions, ApprovalFacts } from './approval-conditions';
import { ApprovalRulesRepository } from './approval-rules.repository';

/** What is known of a request, but for the tags of its machines: those are as they are now. */
export interface AskedRequest extends Omit<ApprovalFacts, 'tagSets'> {
  readonly id: string;
}

/** A request that was made: what it came to then stands in it. */
export interface MadeRequest extends Pick<AskedRequest, 'id' | 'action' | 'risk' | 'requester'> {
  readonly machines: number;
  /** Null: made before there were rules, or not to be read. */
  readonly approval: RequestApproval | null;
}

type Connection = EntityManager | DataSource;

/** Of what cannot be read it is not known of whom it speaks: it speaks of everybody. */
const EVERYTHING: ApprovalConditions = {
  actions: [],
  risks: [],
  requesters: [],
  tagIds: [],
  minMachines: null,
  removals: false,
  newPackages: false,
  origin: null,
};
const NOTHING_ASKED: Approval = { ownConfirmation: false, fourEyes: false, administrators: false, reasons: [] };

/** Asks the rules whose decision a request needs. */
@Injectable()
export class Approvals {
  constructor(private readonly rules: ApprovalRulesRepository) {}

  /** Of a request whose machines stand in `action_request_targets`. */
  async of(connection: Connection, request: AskedRequest): Promise<Approval> {
    const [facts] = await this.facts(connection, [request]);
    if (facts === undefined) throw new Error('a request has no facts');
    return approvalOf(await this.asked(connection), facts);
  }

  /** What counts at a decision: what was asked for when it was made, and what the rules ask at the decision. */
  async effective(connection: Connection, request: MadeRequest): Promise<Approval> {
    return stricter(request.approval ?? NOTHING_ASKED, await this.of(connection, knownOf(request)));
  }

  /** Whether such a rule would speak of each of these requests; in their order. */
  async spoken(
    connection: Connection,
    { demand, conditions }: Pick<AskedRule, 'demand' | 'conditions'>,
    requests: readonly MadeRequest[],
  ): Promise<boolean[]> {
    return (await this.facts(connection, requests.map(knownOf))).map((facts) => speaks(demand, conditions, facts));
  }

  private async facts(connection: Connection, requests: readonly AskedRequest[]): Promise<ApprovalFacts[]> {
    const ids = requests.map(({ id }) => id);
    const rows = await queryRows<{ id: string; sets: string[][] }>(connection, TAG_SETS, [ids]);
    const sets = new Map(rows.map((row) => [row.id, row.sets.map((tags) => new Set(tags))]));
    return requests.map(({ id, ...known }) => ({ ...known, tagSets: sets.get(id) ?? [] }));
  }

  private async asked(connection: Connection): Promise<AskedRule[]> {
    const rules = await this.rules.all(connection);
    return rules.flatMap(({ id, name, demand, enabled, conditions }) => {
      if (!enabled || (conditions === null && demand === 'own_confirmation')) return [];
      return [{ id, name, demand, conditions: conditions ?? EVERYTHING }];
    });
  }
}

function knownOf({ approval, ...request }: MadeRequest): AskedRequest {
  return { ...request, effects: approval?.effects ?? UNKNOWN_EFFECTS };
}

const TAG_SETS = `
  SELECT request_id AS id, jsonb_agg(DISTINCT tags) AS sets FROM (
    SELECT t.request_id, coalesce(jsonb_agg(mt.tag_id ORDER BY mt.tag_id) FILTER (WHERE mt.tag_id IS NOT NULL), '[]') AS tags
    FROM action_request_targets t LEFT JOIN machine_tags mt ON mt.machine_id = t.machine_id
    WHERE t.request_id = ANY($1::uuid[]) AND t.status <> 'skipped' GROUP BY t.request_id, t.machine_id
  ) machine GROUP BY request_id`;
