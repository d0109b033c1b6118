import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { queryOne, queryRows } from '../../../kernel/database/rows';
import type { ScopeDocument } from '../contracts/schedule-documents';

/** A condition that keeps a machine of the scope out of this run. */
export type ScopeCondition = 'security_updates' | 'updates' | 'reboot_required' | 'not_analysed';

export interface ScopedMachine {
  readonly id: string;
  readonly name: string;
}

/** What a scope comes to at a moment. */
export interface ScopeFindings {
  /** All machines in use. */
  readonly total: number;
  /** Those that are named, whatever the conditions say. */
  readonly chosen: number;
  /** Those of them for which every condition holds. */
  readonly matching: number;
  /** Of those that are chosen, how many each condition keeps out. */
  readonly unmet: Readonly<Record<ScopeCondition, number>>;
}

/** What the machines and tags that a scope names are called. */
export interface ScopeNames {
  readonly machines: ScopedMachine[];
  readonly tags: { readonly id: string; readonly name: string }[];
  /** Machines that are named besides. */
  readonly more: number;
}

interface FindingsRow {
  total: number;
  chosen: number;
  matching: number;
  security_updates: number;
  updates: number;
  reboot_required: number;
  not_analysed: number;
}

/** Which machines a scope means at a moment. Set-wise: a scope may mean tens of thousands. */
@Injectable()
export class MachineScope {
  async findings(manager: EntityManager, scope: ScopeDocument, now: Date): Promise<ScopeFindings> {
    const row = await queryOne<FindingsRow>(manager, FINDINGS, scopeValues(scope, now));
    if (row === null) throw new Error('a count has no row');
    const { total, chosen, matching, ...unmet } = row;
    return { total, chosen, matching, unmet };
  }

  /** The first matching machines by name. */
  async matching(manager: EntityManager, scope: ScopeDocument, now: Date, limit: number): Promise<ScopedMachine[]> {
    const sql = `${SCOPED} SELECT id, name FROM scoped WHERE matches ORDER BY lower(name), id LIMIT $9`;
    return queryRows<ScopedMachine>(manager, sql, [...scopeValues(scope, now), limit]);
  }

  /** The first chosen machines by name that a condition keeps out, each with the first such condition. */
  async leftOut(
    manager: EntityManager,
    scope: ScopeDocument,
    now: Date,
    limit: number,
  ): Promise<(ScopedMachine & { condition: ScopeCondition })[]> {
    const sql = `${SCOPED} SELECT id, name, CASE WHEN NOT security_updates THEN 'security_updates' WHEN NOT updates THEN 'updates'
        WHEN NOT reboot_required THEN 'reboot_required' ELSE 'not_analysed' END AS condition
      FROM scoped WHERE NOT matches ORDER BY lower(name), id LIMIT $9`;
    return queryRows(manager, sql, [...scopeValues(scope, now), limit]);
  }

  /** @returns those of some machines that a scope names, whatever its conditions say */
  async chosenOf(manager: EntityManager, scope: ScopeDocument, machineIds: readonly string[]): Promise<Set<string>> {
    const { whole_fleet, machine_ids, tag_ids } = scope;
    const found = await queryRows<{ id: string }>(manager, CHOSEN_OF, [whole_fleet, machine_ids, tag_ids, machineIds]);
    return new Set(found.map(({ id }) => id));
  }

  /** What the machines and tags that it names are called, at most `limit` machines; what is gone is left out. */
  async names(manager: EntityManager, { machine_ids, tag_ids }: ScopeDocument, limit: number): Promise<ScopeNames> {
    const machines = await queryRows<ScopedMachine>(manager, MACHINE_NAMES, [machine_ids, limit]);
    const tags = await queryRows<ScopedMachine>(manager, TAG_NAMES, [tag_ids]);
    return { machines, tags, more: Math.max(0, machine_ids.length - machines.length) };
  }

  /** @returns those of the scope's own machines and tags that are not there; the tags cannot be removed until `manager` is done */
  async unknown(manager: EntityManager, scope: ScopeDocument): Promise<{ machineIds: string[]; tagIds: string[] }> {
    const machines = await queryRows<{ id: string }>(manager, UNKNOWN_MACHINES, [scope.machine_ids]);
    const tags = await queryRows<{ id: string }>(manager, UNKNOWN_TAGS, [scope.tag_ids]);
    return { machineIds: machines.map(({ id }) => id), tagIds: tags.map(({ id }) => id) };
  }
}

/** The bound values $1 to $8 of {@link SCOPED}. */
export function scopeValues({ whole_fleet, machine_ids, tag_ids, conditions }: ScopeDocument, now: Date): unknown[] {
  const { security_updates, updates, reboot_required, not_analysed_days } = conditions;
  return [whole_fleet, machine_ids, tag_ids, security_updates, updates, reboot_required, not_analysed_days, now];
}

/** The chosen machines as `scoped`: id, name, each condition, and whether all of them hold. What was not measured holds nothing. */
export const SCOPED = `
  WITH chosen AS (
    SELECT m.id, m.name,
      NOT $4::boolean OR COALESCE(s.apt_security_updates_count > 0, false) AS security_updates,
      NOT $5::boolean OR COALESCE(s.apt_updates_count > 0, false) AS updates,
      NOT $6::boolean OR COALESCE(s.apt_reboot_required, false) AS reboot_required,
      $7::integer IS NULL OR s.apt_last_analyze_at IS NULL
        OR s.apt_last_analyze_at < $8::timestamptz - make_interval(days => $7::integer) AS not_analysed
    FROM machines m LEFT JOIN machine_state s ON s.machine_id = m.id
    WHERE m.deleted_at IS NULL AND ($1::boolean OR m.id = ANY ($2::uuid[])
      OR m.id IN (SELECT mt.machine_id FROM machine_tags mt WHERE mt.tag_id = ANY ($3::uuid[])))),
  scoped AS (SELECT *, security_updates AND updates AND reboot_required AND not_analysed AS matches FROM chosen)`;

const CHOSEN_OF = `
  SELECT m.id FROM machines m
  WHERE m.id = ANY ($4::uuid[]) AND m.deleted_at IS NULL AND ($1::boolean OR m.id = ANY ($2::uuid[])
    OR EXISTS (SELECT 1 FROM machine_tags mt WHERE mt.machine_id = m.id AND mt.tag_id = ANY ($3::uuid[])))`;

const FINDINGS = `${SCOPED}
  SELECT (SELECT count(*)::integer FROM machines WHERE deleted_at IS NULL) AS total,
    count(*)::integer AS chosen, count(*) FILTER (WHERE matches)::integer AS matching,
    count(*) FILTER (WHERE NOT security_updates)::integer AS security_updates,
    count(*) FILTER (WHERE NOT updates)::integer AS updates,
    count(*) FILTER (WHERE NOT reboot_required)::integer AS reboot_required,
    count(*) FILTER (WHERE NOT not_analysed)::integer AS not_analysed
  FROM scoped`;

const UNKNOWN_MACHINES = `
  SELECT given.id FROM unnest($1::uuid[]) AS given (id)
  WHERE NOT EXISTS (SELECT 1 FROM machines m WHERE m.id = given.id AND m.deleted_at IS NULL)`;

const MACHINE_NAMES = `
  SELECT id, name FROM machines WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL ORDER BY lower(name), id LIMIT $2`;

const TAG_NAMES = 'SELECT id, name FROM tags WHERE id = ANY ($1::uuid[]) ORDER BY lower(name), id';

const UNKNOWN_TAGS = `
  WITH held AS MATERIALIZED (SELECT id FROM tags WHERE id = ANY ($1::uuid[]) ORDER BY id FOR KEY SHARE)
  SELECT given.id FROM unnest($1::uuid[]) AS given (id) WHERE given.id NOT IN (SELECT id FROM held)`;
