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

/**
 * A change is ours where its command names a run that this machine had of us; all else others did. What others did before `since` was
 * told when it was read then; of our runs, those count too that began before.
 */
export async function toldApart(
  manager: EntityManager,
  machineId: string,
  logged: readonly LoggedChange[],
  since: Date,
): Promise<ToldApart> {
  const claimed = Map.groupBy(logged, (change) => claimedRun(change) ?? '');
  const known = await queryRows<{ id: string }>(manager, KNOWN, [machineId, [...claimed.keys()].filter(Boolean)]);
  const own = new Map(known.map(({ id }) => [id, claimed.get(id) ?? []]));
  const others = logged.filter((change) => change.startedAt >= since && !own.has(claimedRun(change) ?? ''));
  return { own, others: await withoutOurs(manager, machineId, others, own) };
}

/**
 * Where the log of apt does not name a run of ours, it may not be kept, or have been begun anew: what dpkg did for the run then stands
 * as dpkg's alone. What such a run has measured as its own is no change by others.
 */
async function withoutOurs(
  manager: EntityManager,
  machineId: string,
  others: readonly LoggedChange[],
  own: ToldApart['own'],
): Promise<LoggedChange[]> {
  const alone = others.filter(({ source }) => source === 'dpkg');
  if (alone.length === 0) return [...others];
  const runs = (await runsDuring(manager, machineId, alone)).filter(({ id }) => !own.has(id));
  const measured = await queryRows<Measured>(manager, MEASURED, [runs.map(({ id }) => id)]);
  return others.flatMap((change) => {
    if (change.source === 'apt') return [change];
    const during = runs.filter(({ startedAt, finishedAt }) => meets(change, startedAt, finishedAt)).map(({ id }) => id);
    const packages = change.packages.filter(
      ({ name, from, to }) =>
        !measured.some((row) => during.includes(row.id) && row.name === name && row.from === from && row.to === to),
    );
    return packages.length === 0 ? [] : [{ ...change, packages }];
  });
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

interface Measured extends Pick<HistoryPackage, 'name' | 'from' | 'to'> {
  /** Of the run. */
  readonly id: string;
}

const MEASURED = `
  SELECT execution_id AS id, name, from_version AS "from", to_version AS "to" FROM apt_applied_packages
   WHERE execution_id = ANY($1::uuid[]) AND operation <> 'unchanged'`;

const KNOWN = `SELECT id FROM executions WHERE machine_id = $1 AND mode <> 'external' AND id = ANY($2::uuid[])`;

const RUNS_DURING = `
  SELECT id, started_at AS "startedAt", finished_at AS "finishedAt" FROM executions
   WHERE machine_id = $1 AND mode <> 'external' AND started_at <= $3 AND COALESCE(finished_at, 'infinity') >= $2`;

const DISOWN = `
  DELETE FROM apt_applied_packages p USING unnest($2::text[], $3::text[], $4::text[]) AS other (name, from_version, to_version)
   WHERE p.execution_id = $1 AND p.name = other.name AND p.operation <> 'unchanged'
     AND p.from_version IS NOT DISTINCT FROM other.from_version AND p.to_version IS NOT DISTINCT FROM other.to_version`;
