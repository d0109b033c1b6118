import { connect } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet, FleetMachine } from '../fleet/client.mts';
import { analyse, loopJob } from './analysis.mts';
import { ssh2Loop } from './baselines.mts';
import { withDatabase } from './database.mts';
import type { Comparison } from './measure.mts';
import type { Product } from './product.mts';
import { succeed } from './replay.mts';

const settings = '/etc/ssh/sshd_config.d/10-bench.conf';
const log = '/var/log/sshd.log';

/** What the servers of these machines saw, per machine. */
interface Seen {
  readonly connections: number;
  /** Channels of any kind that were asked for. */
  readonly channels: number;
}

/** How many SSH connections and channels one analysis takes, counted by the servers themselves. */
export async function countConnections(
  product: Product,
  fleet: Fleet,
  machines: readonly FleetMachine[],
  machineIds: readonly string[],
): Promise<Comparison[]> {
  const loop = ssh2Loop(loopJob(machines, machines.length));
  try {
    for (const machine of machines) await restartLogging(fleet, machine, `echo 'LogLevel DEBUG1' >${settings}`);
    const ours = await seenDuring(fleet, machines, () =>
      withDatabase(product.databaseUrl, (database) => analyse(product, database, machineIds)),
    );
    const theirs = await seenDuring(fleet, machines, () => loop.round());
    for (const machine of machines) await restartLogging(fleet, machine, `rm ${settings}`);
    const baseline = loop.name;
    return [
      {
        measure: 'SSH connections per analysis',
        unit: '',
        product: ours.connections,
        baseline,
        reference: theirs.connections,
        aim: { most: 1 },
      },
      {
        measure: 'SSH channels per analysis',
        unit: '',
        product: ours.channels,
        baseline,
        reference: theirs.channels,
        aim: { most: 3 },
      },
    ];
  } finally {
    await loop.stop();
  }
}

async function seenDuring(
  fleet: Fleet,
  machines: readonly FleetMachine[],
  work: () => Promise<unknown>,
): Promise<Seen> {
  for (const { name } of machines) await succeed(fleet, name, `: >${log}`);
  await work();
  let [connections, channels] = [0, 0];
  for (const { name } of machines) {
    const text = await succeed(fleet, name, `cat ${log}`);
    connections += text.match(/^Connection from /gm)?.length ?? 0;
    channels += text.match(/server_input_channel_open: ctype /g)?.length ?? 0;
  }
  return { connections: connections / machines.length, channels: channels / machines.length };
}

/** The server reads its settings anew, and takes connections again when this returns. */
async function restartLogging(fleet: Fleet, { name, address, port }: FleetMachine, change: string): Promise<void> {
  await succeed(fleet, name, `${change}; kill -HUP "$(cat /run/sshd.pid)"`);
  for (let tries = 0; !(await answers(address, port)); tries += 1) {
    if (tries === 100) throw new Error(`The SSH server of ${name} did not come back.`);
    await delay(50);
  }
}

async function answers(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'data');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
