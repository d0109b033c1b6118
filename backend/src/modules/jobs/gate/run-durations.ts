import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../../kernel/database/rows';

/** An action and how long it takes as its declaration believes, in seconds. */
export interface EstimatedAction {
  readonly name: string;
  readonly estimateSeconds: number;
}

/** What an estimate stands on: runs of that machine, the slowest tenth of the fleet's, or what the action declares. */
export const ESTIMATE_BASES = ['machine', 'fleet', 'declared'] as const;
export type EstimateBasis = (typeof ESTIMATE_BASES)[number];

export interface Estimate {
  readonly seconds: number;
  /** The weakest, where several actions have several. */
  readonly basis: EstimateBasis;
}

interface MachineRow {
  machine_id: string;
  kind: string;
  seconds: number;
}

/** How long actions take, by runs that came to their end. */
@Injectable()
export class RunDurations {
  /** Of these actions one after the other, by machine. */
  async estimates(
    manager: EntityManager,
    machineIds: readonly string[],
    actions: readonly EstimatedAction[],
  ): Promise<Map<string, Estimate>> {
    const names = [...new Set(actions.map(({ name }) => name))];
    const own = await queryRows<MachineRow>(manager, OF_MACHINES, [machineIds, names]);
    const bySubject = new Map(own.map(({ machine_id, kind, seconds }) => [`${machine_id} ${kind}`, seconds]));
    const known = bySubject.size === machineIds.length * names.length;
    const fleet = known ? new Map<string, number>() : await this.ofFleet(manager, names);
    return new Map(
      machineIds.map((machineId) => {
        const parts = actions.map(({ name, estimateSeconds }): Estimate => {
          const seconds = bySubject.get(`${machineId} ${name}`);
          if (seconds !== undefined) return { seconds, basis: 'machine' };
          const slow = fleet.get(name);
          return slow === undefined
            ? { seconds: estimateSeconds, basis: 'declared' }
            : { seconds: slow, basis: 'fleet' };
        });
        return [machineId, together(parts)];
      }),
    );
  }

  private async ofFleet(manager: EntityManager, names: readonly string[]): Promise<Map<string, number>> {
    const rows = await queryRows<{ kind: string; seconds: number }>(manager, OF_FLEET, [names]);
    return new Map(rows.map(({ kind, seconds }) => [kind, seconds]));
  }
}

function together(parts: readonly Estimate[]): Estimate {
  const weakest = Math.max(0, ...parts.map(({ basis }) => ESTIMATE_BASES.indexOf(basis)));
  return {
    seconds: Math.ceil(parts.reduce((sum, { seconds }) => sum + seconds, 0)),
    basis: ESTIMATE_BASES[weakest] ?? 'declared',
  };
}

/** The slowest of a machine's last five. */
const OF_MACHINES = `
  SELECT m.id AS machine_id, k.kind, max(extract(epoch FROM j.finished_at - j.started_at))::float8 AS seconds
  FROM unnest($1::uuid[]) AS m (id) CROSS JOIN unnest($2::text[]) AS k (kind)
  CROSS JOIN LATERAL (
    SELECT started_at, finished_at FROM jobs
    WHERE machine_id = m.id AND kind = k.kind AND status IN ('ok', 'warning') AND started_at IS NOT NULL
    ORDER BY created_at DESC LIMIT 5) AS j
  GROUP BY m.id, k.kind`;

/** What nine of ten of the fleet's last 500 did not exceed. Of readings too, plans among them: changes alone have executions. */
const OF_FLEET = `
  SELECT k.kind, percentile_disc(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM j.finished_at - j.started_at)::float8) AS seconds
  FROM unnest($1::text[]) AS k (kind)
  CROSS JOIN LATERAL (
    SELECT started_at, finished_at FROM jobs
    WHERE kind = k.kind AND status IN ('ok', 'warning') AND started_at IS NOT NULL AND finished_at IS NOT NULL
    ORDER BY created_at DESC LIMIT 500) AS j
  GROUP BY k.kind`;
