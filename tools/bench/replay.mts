import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Fleet, FleetMachine } from '../fleet/client.mts';

const shell = '/usr/local/sbin/replay-shell';
const script = readFileSync(path.join(import.meta.dirname, 'replay-shell.sh'), 'utf8');

/** From now on these machines record the first answer of each kind and repeat it; see replay-shell.sh. */
export async function replayFrom(fleet: Fleet, machines: readonly FleetMachine[]): Promise<void> {
  for (const { name } of machines) {
    await succeed(fleet, name, `cat >${shell} && chmod 755 ${shell} && usermod --shell ${shell} root`, script);
  }
}

/** They do the work themselves again. */
export async function workAgain(fleet: Fleet, machines: readonly FleetMachine[]): Promise<void> {
  for (const { name } of machines) await succeed(fleet, name, 'usermod --shell /bin/bash root');
}

/** @throws Error with what the command said */
export async function succeed(fleet: Fleet, name: string, command: string, input = ''): Promise<string> {
  const { exitCode, stdout, stderr } = await fleet.exec(name, ['sh', '-c', command], input);
  if (exitCode !== 0) throw new Error(`${name}: ${stderr.trim() || command}`);
  return stdout;
}
