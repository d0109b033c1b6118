import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { ApiClient } from '../support/api-client';
import { at } from '../support/at';
import { eventually } from '../support/eventually';
import { HostilePeer, type RunPlay, type SocketPlay } from '../support/hostile-peer';
import { Installation, type ProductProcess } from '../support/installation';
import { limitJobs, MachineJobs, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, type RealMachine } from '../support/real-machines';
import { flood } from '../support/ssh-play';

const BANNER = 'SSH-2.0-OpenSSH_9.2p1\r\n';
const LINE = Buffer.from('a line of text of an ordinary length, like those of any log\n'.repeat(500));
/** What a worker may take beyond its own size while all of them misbehave at once, in MB. */
const MEMORY_ALLOWANCE = 150;
/** Would go on for ever within every other limit. */
const DRIPS = 'drips without end';
const DRIP_LIMIT_SECONDS = 20;

/** A byte now and then, for ever. */
function drip(channel: { write(chunk: Buffer): unknown; once(event: 'close', listener: () => void): unknown }): void {
  const timer = setInterval(() => channel.write(Buffer.from('.')), 200);
  channel.once('close', () => clearInterval(timer));
}

interface Case {
  readonly name: string;
  readonly how: { readonly socket: SocketPlay } | { readonly run: RunPlay };
  readonly kind: string;
  readonly attempts?: number;
  /** Something of the answer ended, and was kept. */
  readonly kept?: boolean;
}

const cases: readonly Case[] = [
  { name: 'says nothing', kind: 'banner_timeout', attempts: 3, how: { socket: () => undefined } },
  { name: 'drips before the banner', kind: 'banner_timeout', attempts: 3, how: { socket: drip } },
  {
    name: 'hangs after the banner',
    kind: 'handshake_timeout',
    attempts: 3,
    how: { socket: (socket) => void socket.write(BANNER) },
  },
  { name: 'floods instead of a banner', kind: 'protocol', how: { socket: (socket) => flood(socket, LINE) } },
  {
    name: 'closes mid-command',
    kind: 'connection_lost',
    attempts: 3,
    how: {
      run: (run, cutOff) => {
        run.begin(1, 'environment');
        run.channel.write('now=1\n', cutOff);
      },
    },
  },
  {
    name: 'ends the command mid-way',
    kind: 'protocol',
    how: {
      run: (run) => {
        run.begin(1, 'environment');
        run.channel.close();
      },
    },
  },
  {
    name: 'floods without end',
    kind: 'output_limit',
    how: {
      run: (run) => {
        run.begin(1, 'environment');
        flood(run.channel, LINE);
      },
    },
  },
  {
    name: DRIPS,
    kind: 'timeout_total',
    how: {
      run: (run) => {
        run.begin(1, 'environment');
        drip(run.channel);
      },
    },
  },
  {
    name: 'answers in rubbish',
    kind: 'answer_unreadable',
    kept: true,
    how: {
      run: (run) => {
        run.channel.write(randomBytes(100_000));
        run.begin(1, 'environment');
        run.channel.write(Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x0a]));
        run.end(1, 0);
        run.done(0);
      },
    },
  },
  { name: 'answers nothing', kind: 'protocol', how: { run: (run) => run.done(0) } },
];

describe('machines that misbehave on purpose, all at once', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let installation: Installation;
  let worker: ProductProcess;
  let api: ApiClient;
  let jobs: MachineJobs;
  let healthy: RealMachine;
  let healthyId: string;
  let memoryBefore: number;
  const peers = new Map<string, HostilePeer>();
  const ids = new Map<string, string>();
  const started = new Map<string, Job>();

  const jobOf = (name: string): Job => {
    const job = started.get(name);
    if (job === undefined) throw new Error(`${name} was not started`);
    return job;
  };

  beforeAll(async () => {
    healthy = at(realMachines(), 0);
    fleet('scenario', healthy.name, 'plain');
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    installation = new Installation(database.url);
    api = await installation.administrator(await installation.start('api'));
    worker = await installation.start('worker');
    jobs = new MachineJobs(api);
    healthyId = await api.enrol(healthy);
    for (const { name, how } of cases) {
      const peer = await new HostilePeer(name).start();
      peers.set(name, peer);
      ids.set(name, await api.enrolAs(peer.enrolment));
      peer.misbehave(how);
    }
    expect(await jobs.ended(await jobs.analyse(healthyId))).toMatchObject({ status: 'ok' });
    memoryBefore = worker.peakMegabytes();
    await limitJobs(dataSource, DRIP_LIMIT_SECONDS, ids.get(DRIPS));
    for (const { name } of cases) started.set(name, await jobs.analyse(ids.get(name) ?? ''));
    for (const job of started.values())
      await eventually(
        () => jobs.job(job.id),
        ({ status }) => status !== 'queued',
      );
  }, 300_000);
  afterAll(async () => {
    await installation.stop();
    for (const peer of peers.values()) await peer.close();
    await database.drop();
  }, 120_000);

  it('do not hold up a healthy one', async () => {
    expect(await jobs.ended(await jobs.analyse(healthyId))).toMatchObject({ status: 'ok' });
    expect(['queued', 'running']).toContain((await jobs.job(jobOf('says nothing').id)).status);
  });

  it.each(cases)(
    '$name: $kind',
    async ({ name, kind, attempts = 1, kept = false }) => {
      const job = await jobs.ended(jobOf(name), 170_000);
      expect(job).toMatchObject({ status: 'error', errorKind: kind, attempt: attempts });
      expect(job.snapshotId !== null).toBe(kept);
      for (const sentence of [job.errorMessage, job.errorAction]) expect(sentence).toMatch(/^\S.+[.…]$/);
      expect(await jobs.tile(ids.get(name) ?? '')).toMatchObject({
        apt: { updatesCount: null, securityCount: null, keptBackCount: null, lastAnalyzeAt: null },
      });
    },
    180_000,
  );

  it('cost the worker a bounded amount of memory, and a healthy machine nothing at all', async () => {
    expect(worker.peakMegabytes() - memoryBefore).toBeLessThan(MEMORY_ALLOWANCE);
    expect(await jobs.ended(await jobs.analyse(healthyId))).toMatchObject({ status: 'ok', attempt: 1 });
    expect(await jobs.tile(healthyId)).toMatchObject({ need: 'updates', apt: { updatesCount: 1, stale: false } });
  });
});
