import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { queryRows } from '../../../kernel/database/rows';
import { ActionRegistry } from '../actions/action-registry';

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

/**
 * How long actions take, by runs that came to their end. The machine itself tells it of a change: a worker may have collected it hours
 * later. A clock that was put back meanwhile makes a time negative; such a one tells nothing.
 */
@Injectable()
export class RunDurations {
  constructor(private readonly registry: ActionRegistry) {}

  /** Of these actions one after the other, by machine. */
  async estimates(
    manager: EntityManager,
    machineIds: readonly string[],
    actions: readonly EstimatedAction[],
  ): Promise<Map<string, Estimate>> {
    const names = [...new Set(actions.map(({ name }) => name))];
    const own = await queryRows<MachineRow>(manager, OF_MACHINES, [machineIds, names, this.later(names)]);
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
    const rows = await queryRows<{ kind: string; seconds: number }>(manager, OF_FLEET, [names, this.later(names)]);
    return new Map(rows.map(({ kind, seconds }) => [kind, seconds]));
  }

  /** Changes whose effect comes after their run: how long they took only who waited for it knows. */
  private later(names: readonly string[]): string[] {
    return names.filter((name) => this.registry.findChange(name)?.aftermath !== undefined);
  }
}

function together(parts: readonly Estimate[]): Estimate {
  const weakest = Math.max(0, ...parts.map(({ basis }) => ESTIMATE_BASES.indexOf(basis)));
  return {
    seconds: Math.ceil(parts.reduce((sum, { seconds }) => sum + seconds, 0)),
    basis: ESTIMATE_BASES[weakest] ?? 'declared',
  };
}

/**
 * In seconds, of a job `j`; null: it does not tell. Of two clocks the shorter counts: one was put on, or the run was not followed.
 * @param later the kinds of changes whose effect comes after their run, as an array of the statement
 */
function tookOf(later: string): string {
  const followed = `CASE WHEN j.finished_at >= j.started_at THEN extract(epoch FROM j.finished_at - j.started_at) END`;
  const own = `(SELECT extract(epoch FROM e.finished_at - e.started_at) FROM executions e
      WHERE e.id = j.id AND e.exit_code IS NOT NULL AND e.finished_at >= e.started_at)`;
  return `(CASE WHEN j.kind = ANY (${later}) THEN CASE WHEN NOT j.taken_over THEN ${followed} END
      ELSE LEAST(${own}, ${followed}) END)::float8`;
}

const ENDED_WELL = `j.status IN ('ok', 'warning') AND j.started_at IS NOT NULL`;

/** The slowest of a machine's last five. */
const OF_MACHINES = `
  SELECT m.id AS machine_id, k.kind, max(run.seconds) AS seconds
  FROM unnest($1::uuid[]) AS m (id) CROSS JOIN unnest($2::text[]) AS k (kind)
  CROSS JOIN LATERAL (
    SELECT ${tookOf('$3::text[]')} AS seconds FROM jobs j
    WHERE j.machine_id = m.id AND j.kind = k.kind AND ${ENDED_WELL}
    ORDER BY j.created_at DESC LIMIT 5) AS run
  WHERE run.seconds IS NOT NULL
  GROUP BY m.id, k.kind`;

/** What nine of ten of the fleet's last 500 did not exceed. */
const OF_FLEET = `
  SELECT k.kind, percentile_disc(0.9) WITHIN GROUP (ORDER BY run.seconds) AS seconds
  FROM unnest($1::text[]) AS k (kind)
  CROSS JOIN LATERAL (
    SELECT ${tookOf('$2::text[]')} AS seconds FROM jobs j
    WHERE j.kind = k.kind AND ${ENDED_WELL} AND j.finished_at IS NOT NULL
    ORDER BY j.created_at DESC LIMIT 500) AS run
  WHERE run.seconds IS NOT NULL
  GROUP BY k.kind`;
