import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet, FleetMachine } from '../fleet/client.mts';
import { median, type Comparison } from './measure.mts';
import type { Product } from './product.mts';
import { succeed } from './replay.mts';

/** Four packages, one of them with a script that takes eight seconds. */
const STATES = ['plain', 'security', 'new-dependency', 'slow-script'];
/** What the product gives apt too, so that both do the same. */
const TYPED =
  'DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y -o Dpkg::Use-Pty=0 ' +
  '-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold dist-upgrade';
/** Of what is wanted: a tenth more than apt itself, and two seconds. */
const [SHARE, SECONDS] = [1.1, 2];

interface Step {
  readonly name: string;
  readonly startedAt: string | null;
}

export interface Job {
  readonly id: string;
  readonly status: string;
  readonly finishedAt: string | null;
  readonly requestId: string | null;
  readonly steps: readonly Step[];
}

/** How long one upgrade takes from its install to the stored result, beside the same apt-get typed over ssh. */
export async function compareUpgrade(
  product: Product,
  fleet: Fleet,
  machine: FleetMachine,
  machineId: string,
  rounds: number,
): Promise<Comparison[]> {
  const [typed, installed, whole]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    await prepare(fleet, machine);
    typed.push(await typedUpgrade(machine));
    await prepare(fleet, machine);
    const ours = await confirmedUpgrade(product, machineId);
    installed.push(ours.install);
    whole.push(ours.whole);
  }
  const reference = median(typed);
  const baseline = 'the same apt-get typed over ssh';
  const most = Math.round((reference * SHARE + SECONDS) * 10) / 10;
  return [
    {
      measure: 'An upgrade, from its install to the stored result',
      unit: 's',
      product: median(installed),
      baseline,
      reference,
      aim: { most },
    },
    {
      measure: 'The same from the confirmation on: connection, simulations, download, inventories',
      unit: 's',
      product: median(whole),
      baseline,
      reference,
    },
  ];
}

/** Plans an upgrade of very many packages that nobody confirms. */
export async function planMany(
  product: Product,
  fleet: Fleet,
  machine: FleetMachine,
  machineId: string,
): Promise<void> {
  await prepare(fleet, machine, ['many']);
  await plannedUpgrade(product, machineId);
}

/** Resets the machine, and puts it into these states with fresh lists. */
export async function prepare(fleet: Fleet, { name }: FleetMachine, states: readonly string[] = STATES): Promise<void> {
  await fleet.reset([name]);
  await fleet.scenario(name, ...states);
  await succeed(fleet, name, 'apt-get -q update');
}

/** In seconds. */
async function typedUpgrade({ address, port, keyPath }: FleetMachine): Promise<number> {
  const options = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'];
  const start = performance.now();
  const child = spawn('ssh', [...options, '-i', keyPath, '-p', String(port), `root@${address}`, TYPED], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`apt-get over ssh ended with ${String(code)}.`);
  return (performance.now() - start) / 1000;
}

/** In seconds, by the clock of the box: the worker's and the machine's are the same. */
async function confirmedUpgrade(product: Product, machineId: string): Promise<{ install: number; whole: number }> {
  const planned = await plannedUpgrade(product, machineId);
  const confirmed = Date.now();
  const job = await ended(product, await confirm(product, planned));
  const stored = Date.parse(job.finishedAt ?? '');
  const install = Date.parse(job.steps.find(({ name }) => name === 'install')?.startedAt ?? '');
  return { install: (stored - install) / 1000, whole: (stored - confirmed) / 1000 };
}

/** Confirms a plan with all that follows from it. @returns the job as it stands then */
export async function confirm(product: Product, { requestId }: Job): Promise<Job> {
  const request = (await product.call('GET', `/requests/${requestId ?? ''}`)) as {
    readonly planDigest: string;
    readonly plan: { readonly consequences: readonly { readonly code: string }[] };
  };
  const accepted = request.plan.consequences.map(({ code }) => code);
  const body = { digest: request.planDigest, accepted };
  return (await product.call('POST', `/requests/${requestId ?? ''}/confirm`, body)) as Job;
}

export async function plannedUpgrade(product: Product, machineId: string): Promise<Job> {
  const route = `/machines/${machineId}/actions/apt_upgrade_plan`;
  return ended(product, (await product.call('POST', route, { parameters: { mode: 'dist_upgrade' } })) as Job);
}

/** Waits for the job's end. @throws Error when it did not end well */
export async function ended(product: Product, { id }: Job): Promise<Job> {
  for (;;) {
    const job = (await product.call('GET', `/jobs/${id}`)) as Job;
    if (job.status !== 'queued' && job.status !== 'running') {
      if (job.status !== 'ok') throw new Error(`The upgrade ended as ${job.status}.`);
      return job;
    }
    await delay(200);
  }
}
