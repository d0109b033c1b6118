import type { OwnHosts } from '../../../kernel/hosts/product-hosts';

/** Whether a machine that tells its id so (`plan_itself`) is one that this program runs on; null: not known. */
export function isOwnMachine(told: string, own: OwnHosts): boolean | null {
  const id = /^machine_id=([0-9a-f]{32})$/m.exec(told)?.[1];
  if (id === undefined) return null;
  if (own.machineIds.has(id)) return true;
  return own.complete ? false : null;
}
