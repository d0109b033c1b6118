import { systemActor } from '../../src/kernel/auth/actor';
import { newId } from '../../src/kernel/database/ids';
import { affected } from '../../src/kernel/database/rows';
import { answer, gate, READING, type Gate } from './jobs-fakes';
import type { JobsProcess } from './jobs-process';

/** A network with so many places. @returns its id */
export async function addNetwork(p: JobsProcess, concurrency: number): Promise<string> {
  const id = newId();
  await affected(
    p.dataSource,
    `INSERT INTO networks (id, name, concurrency, created_at, updated_at) VALUES ($1::uuid, $1::text, $2, now(), now())`,
    [id, concurrency],
  );
  return id;
}

/** Machines that may be worked on, of this network or of none. */
export async function addMachines(p: JobsProcess, count: number, networkId: string | null = null): Promise<string[]> {
  const made: string[] = [];
  for (let n = 0; n < count; n += 1) made.push(await p.machine(`m${String(n)}`));
  if (networkId !== null) {
    await affected(p.dataSource, 'UPDATE machines SET network_id = $2 WHERE id = ANY($1::uuid[])', [made, networkId]);
  }
  return made;
}

/** Asks for the fake reading on each. @returns the jobs, in the order of the machines */
export async function askAll(p: JobsProcess, machineIds: readonly string[]): Promise<string[]> {
  const { jobs } = await p.service.enqueueMany({ machineIds, action: READING, requestedBy: systemActor });
  return jobs.map(({ jobId }) => jobId);
}

/** A job as it would stand after so many minutes of waiting. @returns its id */
export async function addWaiting(
  p: JobsProcess,
  machineId: string,
  { minutes, priority = 0 }: { minutes: number; priority?: number },
): Promise<string> {
  const id = newId();
  await affected(
    p.dataSource,
    `INSERT INTO jobs (id, kind, machine_id, status, phase, priority, created_at, timeout_seconds, max_attempts)
     VALUES ($1, $2, $3, 'queued', 'waiting', $4, clock_timestamp() - make_interval(mins => $5), 60, 2)`,
    [id, READING, machineId, priority, minutes],
  );
  await p.transactions.run(async (tx) => {
    await p.dispatcher.lockMachines(tx, [machineId]);
    await p.dispatcher.dispatch(tx, [machineId]);
  });
  return id;
}

/** Counts the runs that are under way on some machines, in all processes; each ends when the watch is opened. */
export class RunWatch {
  now = 0;
  most = 0;
  ended = 0;
  private readonly held: Gate = gate();

  constructor(private readonly machineIds: readonly string[]) {}

  on(p: JobsProcess): void {
    for (const machineId of this.machineIds) {
      p.remote.on(machineId, async () => {
        this.now += 1;
        this.most = Math.max(this.most, this.now);
        await this.held.opened;
        this.now -= 1;
        this.ended += 1;
        return answer({ look: '' });
      });
    }
  }

  open(): void {
    this.held.open();
  }
}
