import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { affected, queryOne, queryRows } from '../../kernel/database/rows';
import type { WindowScope } from './entities/windows.values';
import type { Opens } from './openings';

/** What people say of a window. */
export interface WindowFacts {
  readonly name: string;
  readonly enabled: boolean;
  readonly scope: WindowScope;
  readonly tagId: string | null;
  readonly machineId: string | null;
  readonly cron: string;
  readonly opensAt: Date | null;
  readonly timezone: string;
  readonly durationMinutes: number;
}

export interface WindowRecord extends WindowFacts {
  readonly id: string;
  readonly updatedAt: Date;
  readonly updatedBy: string | null;
  /** Of the tag or machine that it speaks of; null for the fleet. */
  readonly subjectName: string | null;
}

/** A window that speaks of a machine. */
export interface WindowOfMachine extends Opens {
  readonly id: string;
  readonly machineId: string;
  readonly scope: WindowScope;
}

interface WindowRow {
  id: string;
  name: string;
  enabled: boolean;
  scope: WindowScope;
  tag_id: string | null;
  machine_id: string | null;
  cron: string;
  opens_at: Date | null;
  timezone: string;
  duration_minutes: number;
  updated_at: Date;
  updated_by: string | null;
  subject_name: string | null;
}

/** The only place with SQL about maintenance windows. */
@Injectable()
export class WindowsRepository {
  async list(manager: EntityManager): Promise<WindowRecord[]> {
    const rows = await queryRows<WindowRow>(manager, `${SELECT} ORDER BY lower(w.name), w.id`);
    return rows.map(toRecord);
  }

  async find(manager: EntityManager, id: string): Promise<WindowRecord | null> {
    const row = await queryOne<WindowRow>(manager, `${SELECT} WHERE w.id = $1`, [id]);
    return row === null ? null : toRecord(row);
  }

  async lock(manager: EntityManager, id: string): Promise<void> {
    await queryOne(manager, 'SELECT id FROM maintenance_windows WHERE id = $1 FOR UPDATE', [id]);
  }

  async insert(manager: EntityManager, id: string, window: WindowFacts, at: Date, by: string): Promise<void> {
    await affected(manager, INSERT, [id, ...values(window), at, by]);
  }

  async update(manager: EntityManager, id: string, window: WindowFacts, at: Date, by: string): Promise<void> {
    await affected(manager, UPDATE, [id, ...values(window), at, by]);
  }

  async delete(manager: EntityManager, id: string): Promise<void> {
    await affected(manager, 'DELETE FROM maintenance_windows WHERE id = $1', [id]);
  }

  /** Two answers are the same while no window was made, changed or removed. */
  async standing(manager: EntityManager): Promise<string> {
    return (await queryOne<{ standing: string }>(manager, STANDING))?.standing ?? '';
  }

  /** The enabled windows that speak of these machines, one row for each pair. */
  ofMachines(manager: EntityManager, machineIds: readonly string[]): Promise<WindowOfMachine[]> {
    return queryRows<WindowOfMachine>(manager, OF_MACHINES, [machineIds]);
  }

  /** The enabled windows that speak of a machine, if these were the names of its tags. */
  ofTagged(manager: EntityManager, machineId: string, tagNames: readonly string[]): Promise<WindowOfMachine[]> {
    return queryRows<WindowOfMachine>(manager, OF_TAGGED, [machineId, tagNames]);
  }
}

function values(window: WindowFacts): unknown[] {
  const { name, enabled, scope, tagId, machineId, cron, opensAt, timezone, durationMinutes } = window;
  return [name, enabled, scope, tagId, machineId, cron, opensAt, timezone, durationMinutes];
}

function toRecord(row: WindowRow): WindowRecord {
  return {
    id: row.id,
    name: row.name,
    enabled: row.enabled,
    scope: row.scope,
    tagId: row.tag_id,
    machineId: row.machine_id,
    cron: row.cron,
    opensAt: row.opens_at,
    timezone: row.timezone,
    durationMinutes: row.duration_minutes,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
    subjectName: row.subject_name,
  };
}

const STANDING = `
  SELECT concat(count(*), ' ', max(updated_at)) AS standing FROM maintenance_windows`;

const SELECT = `
  SELECT w.id, w.name, w.enabled, w.scope, w.tag_id, w.machine_id, w.cron, w.opens_at, w.timezone, w.duration_minutes,
    w.updated_at, w.updated_by, COALESCE(t.name, m.name) AS subject_name
  FROM maintenance_windows w LEFT JOIN tags t ON t.id = w.tag_id LEFT JOIN machines m ON m.id = w.machine_id`;

const INSERT = `
  INSERT INTO maintenance_windows (id, name, enabled, scope, tag_id, machine_id, cron, opens_at, timezone,
    duration_minutes, created_at, updated_at, updated_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)`;

const UPDATE = `
  UPDATE maintenance_windows SET name = $2, enabled = $3, scope = $4, tag_id = $5, machine_id = $6, cron = $7,
    opens_at = $8, timezone = $9, duration_minutes = $10, updated_at = $11, updated_by = $12
  WHERE id = $1`;

const OPENS = `w.name, w.scope, w.cron, w.opens_at AS "opensAt", w.timezone, w.duration_minutes AS "durationMinutes"`;

const OF_TAGGED = `
  SELECT w.id, $1::uuid AS "machineId", ${OPENS} FROM maintenance_windows w LEFT JOIN tags t ON t.id = w.tag_id
  WHERE w.enabled AND (w.scope = 'fleet' OR w.machine_id = $1::uuid OR t.name = ANY($2::text[])) ORDER BY w.id`;

const OF_MACHINES = `
  SELECT w.id, m.id AS "machineId", ${OPENS}
  FROM maintenance_windows w JOIN machines m ON m.id = ANY($1::uuid[]) AND (
    w.scope = 'fleet' OR w.machine_id = m.id
    OR EXISTS (SELECT 1 FROM machine_tags t WHERE t.machine_id = m.id AND t.tag_id = w.tag_id))
  WHERE w.enabled ORDER BY w.id`;
