import type { Snapshots } from '../../history/snapshots';
import { APT_UPDATE_ANALYZE_CONTRACT, type AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';

/** Further back an analysis is not searched for one that saw all. */
const ANALYSES = 20;

/** When a machine was last looked at whole, its lists fetched: an error that was not met then was gone. Null: not lately. */
export async function lastWholeLook(snapshots: Pick<Snapshots, 'latest'>, machineId: string): Promise<Date | null> {
  let before: Date | null = null;
  for (let looked = 0; looked < ANALYSES; looked += 1) {
    const found = await snapshots.latest(machineId, APT_UPDATE_ANALYZE_CONTRACT, before);
    if (found === null) return null;
    const { payload, createdAt } = found;
    if (payload.readable && wasWhole(payload.document as AptUpdateAnalyze)) return createdAt;
    before = createdAt;
  }
  return null;
}

function wasWhole({ complete, refresh }: AptUpdateAnalyze): boolean {
  return complete && refresh.refreshed;
}
