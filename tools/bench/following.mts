import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Fleet, FleetMachine } from '../fleet/client.mts';
import { enrol } from './analysis.mts';
import { cpuOf, median, memoryOf, type Comparison } from './measure.mts';
import { startProduct, type Product } from './product.mts';
import { succeed } from './replay.mts';
import { confirm, ended, plannedUpgrade, prepare, type Job } from './upgrade.mts';

/** What the machine prints after an upgrade: so many lines, so far apart, each with the moment at which it was written. */
interface Talk {
  readonly lines: number;
  readonly everySeconds: number;
}
const LIVE: Talk = { lines: 100, everySeconds: 0.2 };
const LONG: Talk = { lines: 300, everySeconds: 0.5 };
/** So long all runs are followed together, in seconds; the rest of what they print is for their starting one after the other. */
const FOLLOWED_SECONDS = 40;
const SCRIPT = '/usr/local/bin/bench-lines';
const LINE = /bench-line (\d+)/;

const talking = ({ lines, everySeconds }: Talk): string =>
  `#!/bin/sh\nn=0\nwhile [ "$n" -lt ${String(lines)} ]; do n=$((n + 1)); echo "bench-line $(date +%s%3N)"; sleep ${String(everySeconds)}; done\n`;

/** From the line written on the machine to the browser that shows it, at as many runs at once as there are machines. */
export async function compareLive(
  product: Product,
  fleet: Fleet,
  machines: readonly FleetMachine[],
  ids: readonly string[],
): Promise<Comparison[]> {
  await prepareAll(fleet, machines, LIVE);
  const typed = (await Promise.all(machines.map(typedLatencies))).flat();
  const jobs = await startAll(product, ids);
  const watched = jobs.map(({ id }) => watch(product, id));
  for (const job of jobs) await ended(product, job);
  // What is on its way when the last job ends.
  await delay(1_000);
  const live = watched.flatMap((stop) => stop());
  if (live.length < jobs.length * LIVE.lines)
    throw new Error(`Only ${String(live.length)} lines came over the live socket.`);
  const common = { unit: 'ms', baseline: 'the same lines over plain ssh, as many at once' };
  const measure = `A line of the live log, from the machine to the browser, ${String(jobs.length)} runs at once`;
  return [
    {
      ...common,
      measure: `${measure}: 95 of 100`,
      product: share(live, 0.95),
      reference: share(typed, 0.95),
      aim: { most: 300 },
    },
    { ...common, measure: `${measure}: the middle`, product: median(live), reference: median(typed) },
  ];
}

/** What one process takes while it follows all machines at once for a while: memory that grows would show. */
export async function compareFollowing(
  signal: AbortSignal,
  fleet: Fleet,
  machines: readonly FleetMachine[],
): Promise<Comparison[]> {
  const product = await startProduct(signal, machines.length);
  try {
    const ids = await enrol(product, machines);
    const few = Math.max(1, Math.floor(machines.length / 10));
    const small = await follow(product, fleet, machines.slice(0, few), ids.slice(0, few));
    const all = await follow(product, fleet, machines, ids);
    const measure = `Following ${String(machines.length)} runs at once`;
    return [
      {
        measure: `${measure}, memory in the last third`,
        unit: 'MB',
        product: all.late,
        baseline: 'in the first third',
        reference: all.early,
        aim: { ratio: 1.1 },
      },
      {
        measure: `${measure}, most memory`,
        unit: 'MB',
        product: all.most,
        baseline: `following ${String(few)}`,
        reference: small.most,
      },
      {
        measure: `${measure}, CPU of our process per run and second`,
        unit: 'ms',
        product: all.cpu,
        baseline: `following ${String(few)}`,
        reference: small.cpu,
      },
    ];
  } finally {
    await product.stop();
  }
}

interface Followed {
  readonly early: number;
  readonly late: number;
  readonly most: number;
  readonly cpu: number;
}

async function follow(
  product: Product,
  fleet: Fleet,
  machines: readonly FleetMachine[],
  ids: readonly string[],
): Promise<Followed> {
  await prepareAll(fleet, machines, LONG);
  const jobs = await startAll(product, ids);
  for (const { id } of jobs) await shown(product, id);
  const cpu = cpuOf(product.pid);
  const began = performance.now();
  const held: number[] = [];
  while (held.length < FOLLOWED_SECONDS) {
    held.push(memoryOf(product.pid, 'VmRSS'));
    await delay(1_000);
  }
  const spent = cpuOf(product.pid) - cpu;
  const seconds = (performance.now() - began) / 1000;
  for (const { id } of jobs) {
    const { status } = (await product.call('GET', `/jobs/${id}`)) as Job;
    if (status !== 'running') throw new Error('A run ended while all were to be followed.');
  }
  for (const job of jobs) await ended(product, job);
  const third = Math.floor(held.length / 3);
  return {
    early: median(held.slice(0, third)),
    late: median(held.slice(-third)),
    most: Math.max(...held),
    cpu: spent / jobs.length / seconds,
  };
}

async function prepareAll(fleet: Fleet, machines: readonly FleetMachine[], talk: Talk): Promise<void> {
  for (const machine of machines) {
    await prepare(fleet, machine, ['plain']);
    await succeed(fleet, machine.name, `cat >${SCRIPT} && chmod 755 ${SCRIPT}`, talking(talk));
    await succeed(fleet, machine.name, `echo 'DPkg::Post-Invoke { "${SCRIPT}"; };' >/etc/apt/apt.conf.d/90bench`);
  }
}

/** Plans upgrades of all machines, then confirms them together. */
async function startAll(product: Product, ids: readonly string[]): Promise<Job[]> {
  const planned = await Promise.all(ids.map((id) => plannedUpgrade(product, id)));
  return Promise.all(planned.map((plan) => confirm(product, plan)));
}

/** Until a line of the run has come. */
async function shown(product: Product, id: string): Promise<void> {
  for (;;) {
    const { lines } = (await product.call('GET', `/jobs/${id}/log?after=0&limit=1000`)) as {
      readonly lines: readonly { readonly text: string }[];
    };
    if (lines.some(({ text }) => LINE.test(text))) return;
    await delay(200);
  }
}

/** Watches a run as the portal does. @returns ends it, and gives how old each line was when it came, in ms */
function watch({ server, cookie }: Product, jobId: string): () => number[] {
  const ages: number[] = [];
  const socket = new WebSocket(`${server.origin.replace('http', 'ws')}/ws/live`, {
    headers: { Origin: server.origin, Cookie: cookie },
  });
  socket.on('open', () => socket.send(JSON.stringify({ event: 'watch.job', data: { jobId, after: 0 } })));
  socket.on('message', (data: Buffer) => {
    const { event, data: sent } = JSON.parse(data.toString()) as {
      event: string;
      data: { readonly lines?: readonly { readonly text: string }[] };
    };
    if (event !== 'job.log') return;
    for (const { text } of sent.lines ?? []) note(ages, text);
  });
  return () => {
    socket.close();
    return ages;
  };
}

/** How old each line is when it comes over a connection of its own, in ms. */
async function typedLatencies({ address, port, keyPath }: FleetMachine): Promise<number[]> {
  const options = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'];
  const child = spawn('ssh', [...options, '-i', keyPath, '-p', String(port), `root@${address}`, SCRIPT], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ages: number[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => note(ages, line));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`The lines over ssh ended with ${String(code)}.`);
  return ages;
}

function note(ages: number[], line: string): void {
  const written = LINE.exec(line)?.[1];
  if (written !== undefined) ages.push(Date.now() - Number(written));
}

function share(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
