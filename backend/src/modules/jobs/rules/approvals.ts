import { Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { queryRows } from '../../../kernel/database/rows';
import { UNKNOWN_EFFECTS } from '../contracts/action-plan';
import { approvalOf, stricter, type Approval, type AskedRule, type RequestApproval } from './approval';
import { matches, type ApprovalConditions, type ApprovalFacts, type Match } from './approval-conditions';
import { ApprovalRulesRepository } from './approval-rules.repository';

/** What is known of a request, but for the tags of its machines: those are as they are now. */
export interface AskedRequest extends Omit<ApprovalFacts, 'tagIds'> {
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

  /** What counts at a decision: what was asked for when it was made, and what the rules ask for now. */
  async effective(connection: Connection, request: MadeRequest): Promise<Approval> {
    return stricter(request.approval ?? NOTHING_ASKED, await this.of(connection, knownOf(request)));
  }

  /** Whether a rule with these conditions speaks of each of these requests; in their order. */
  async matching(
    connection: Connection,
    conditions: ApprovalConditions,
    requests: readonly MadeRequest[],
  ): Promise<Match[]> {
    return (await this.facts(connection, requests.map(knownOf))).map((facts) => matches(conditions, facts));
  }

  private async facts(connection: Connection, requests: readonly AskedRequest[]): Promise<ApprovalFacts[]> {
    const ids = requests.map(({ id }) => id);
    const rows = await queryRows<{ id: string; tags: string[] }>(connection, TAGS, [ids]);
    const tags = new Map(rows.map((row) => [row.id, new Set(row.tags)]));
    return requests.map(({ id, ...known }) => ({ ...known, tagIds: tags.get(id) ?? new Set<string>() }));
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

const TAGS = `
  SELECT t.request_id AS id, array_agg(DISTINCT mt.tag_id)::text[] AS tags
  FROM action_request_targets t JOIN machine_tags mt ON mt.machine_id = t.machine_id
  WHERE t.request_id = ANY($1::uuid[]) AND t.status <> 'skipped' GROUP BY t.request_id`;
