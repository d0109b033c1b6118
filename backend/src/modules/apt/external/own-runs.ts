import type { EntityManager } from 'typeorm';
import { queryRows } from '../../../kernel/database/rows';
import type { HistoryPackage } from '../parsers/package-history';
import { claimedRun, type LoggedChange } from './external-changes';

/** Times of runs of ours are the machine's, to the second. */
const SLACK_MS = 2000;

/** What a machine's logs tell, by whose it was. */
export interface ToldApart {
  readonly others: readonly LoggedChange[];
  /** By the run of ours that they are of. */
  readonly own: ReadonlyMap<string, readonly LoggedChange[]>;
}

/** A change is ours where its command names a run that this machine had of us; all else others did. */
export async function toldApart(
  manager: EntityManager,
  machineId: string,
  logged: readonly LoggedChange[],
): Promise<ToldApart> {
  const claimed = Map.groupBy(logged, (change) => claimedRun(change) ?? '');
  const known = await queryRows<{ id: string }>(manager, KNOWN, [machineId, [...claimed.keys()].filter(Boolean)]);
  const own = new Map(known.map(({ id }) => [id, claimed.get(id) ?? []]));
  return { own, others: logged.filter((change) => !own.has(claimedRun(change) ?? '')) };
}

/**
 * What others did while a run of ours was at work stands in its inventories too. There it is taken out of what the run
 * applied, unless the run did the same.
 */
export async function disown(
  manager: EntityManager,
  machineId: string,
  others: readonly LoggedChange[],
  own: ToldApart['own'],
): Promise<void> {
  if (others.length === 0) return;
  const during = await runsDuring(manager, machineId, others);
  for (const { id, startedAt, finishedAt } of during) {
    const done = (own.get(id) ?? []).flatMap(({ packages }) => packages);
    const strange = others
      .filter((change) => meets(change, startedAt, finishedAt))
      .flatMap(({ packages }) => packages)
      .filter((one) => !done.some((ours) => ours.name === one.name && ours.to === one.to));
    if (strange.length > 0) await takeOut(manager, id, strange);
  }
}

function meets(change: LoggedChange, startedAt: Date, finishedAt: Date | null): boolean {
  const begun = change.finishedAt.getTime() + SLACK_MS >= startedAt.getTime();
  return begun && change.startedAt.getTime() - SLACK_MS <= (finishedAt?.getTime() ?? Infinity);
}

function runsDuring(manager: EntityManager, machineId: string, others: readonly LoggedChange[]) {
  const times = others.flatMap(({ startedAt, finishedAt }) => [startedAt.getTime(), finishedAt.getTime()]);
  return queryRows<{ id: string; startedAt: Date; finishedAt: Date | null }>(manager, RUNS_DURING, [
    machineId,
    new Date(Math.min(...times) - SLACK_MS),
    new Date(Math.max(...times) + SLACK_MS),
  ]);
}

async function takeOut(manager: EntityManager, executionId: string, strange: readonly HistoryPackage[]): Promise<void> {
  await manager.query(DISOWN, [
    executionId,
    strange.map(({ name }) => name),
    strange.map(({ from }) => from),
    strange.map(({ to }) => to),
  ]);
}

const KNOWN = `SELECT id FROM executions WHERE machine_id = $1 AND mode <> 'external' AND id = ANY($2::uuid[])`;

const RUNS_DURING = `
  SELECT id, started_at AS "startedAt", finished_at AS "finishedAt" FROM executions
   WHERE machine_id = $1 AND mode <> 'external' AND started_at <= $3 AND COALESCE(finished_at, 'infinity') >= $2`;

const DISOWN = `
  DELETE FROM apt_applied_packages p USING unnest($2::text[], $3::text[], $4::text[]) AS other (name, from_version, to_version)
   WHERE p.execution_id = $1 AND p.name = other.name AND p.operation <> 'unchanged'
     AND p.from_version IS NOT DISTINCT FROM other.from_version AND p.to_version IS NOT DISTINCT FROM other.to_version`;
