import { readFile } from 'node:fs/promises';

/** Of the machine that this program runs on; null where it has none (some containers). */
export async function ownMachineId(): Promise<string | null> {
  try {
    const id = (await readFile('/etc/machine-id', 'utf8')).trim();
    return /^[0-9a-f]{32}$/.test(id) ? id : null;
  } catch {
    return null;
  }
}

/** Whether a machine that tells its id so (`plan_itself`) is that one; null: not known. */
export function isOwnMachine(told: string, ownId: string | null): boolean | null {
  const id = /^machine_id=([0-9a-f]{32})$/m.exec(told)?.[1];
  return id === undefined || ownId === null ? null : id === ownId;
}
