import type { DataSource } from 'typeorm';
import type { ApiClient } from './api-client';
import { eventually } from './eventually';
import type { LiveLine } from './live-watcher';
import { fleet, type RealMachine } from './real-machines';

/** What tests read of a job. */
export interface Job {
  readonly id: string;
  readonly machineId: string;
  readonly status: string;
  readonly attempt: number;
  readonly errorKind: string | null;
  readonly errorMessage: string | null;
  readonly errorAction: string | null;
  readonly snapshotId: string | null;
}

/** What tests read of a machine's tile. */
export interface Tile {
  readonly need: string;
  readonly status: string;
  readonly apt: {
    readonly updatesCount: number | null;
    readonly securityCount: number | null;
    readonly keptBackCount: number | null;
    readonly rebootRequired: boolean | null;
    readonly stale: boolean;
    readonly lastAnalyzeAt: string | null;
    readonly indexRefreshedAt: string | null;
  };
}

/** Starts jobs and waits for their ends, through the API as people do. */
export class MachineJobs {
  constructor(private readonly api: ApiClient) {}

  analyse(machineId: string): Promise<Job> {
    return this.api.post<Job>(`/machines/${machineId}/actions/apt_update_analyze`);
  }

  job(id: string): Promise<Job> {
    return this.api.get<Job>(`/jobs/${id}`);
  }

  tile(machineId: string): Promise<Tile> {
    return this.api.get<Tile>(`/machines/${machineId}`);
  }

  ended({ id }: Pick<Job, 'id'>, limitMs = 120_000): Promise<Job> {
    return eventually(
      () => this.job(id),
      ({ status }) => status !== 'queued' && status !== 'running',
      limitMs,
    );
  }

  running({ id }: Pick<Job, 'id'>, limitMs = 60_000): Promise<Job> {
    return eventually(
      () => this.job(id),
      ({ status }) => status === 'running',
      limitMs,
    );
  }

  /** The whole log, page by page. */
  async log(jobId: string): Promise<LiveLine[]> {
    const lines: LiveLine[] = [];
    for (;;) {
      const after = String(lines.at(-1)?.seq ?? 0);
      const page = await this.api.get<{ lines: LiveLine[] }>(`/jobs/${jobId}/log?after=${after}&limit=1000`);
      if (page.lines.length === 0) return lines;
      lines.push(...page.lines);
    }
  }
}

// Not the program that looks: it has no such word in its own environment.
const FIND_RUNS = String.raw`
  cat /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n' | sed -n 's/^SU_RUN=//p' | sort -u`;
const FIND_TRACES = String.raw`
  for one in /proc/[0-9]*; do
    case $(cat $one/comm 2>/dev/null) in apt-get | http | dpkg* | timeout) echo "$one $(tr '\0' ' ' <$one/cmdline)" ;; esac
  done
  ls -d /run/system-update-apt.* 2>/dev/null || true`;

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** The marks of the product's runs that are alive on a machine, seen from beside SSH. */
export function runsOn(machine: RealMachine): string[] {
  return lines(fleet('exec', machine.name, 'sh', '-c', FIND_RUNS));
}

/** What a run of an analysis may leave: its processes by mark and by name, and its work folder. */
export function tracesOn(machine: RealMachine): string[] {
  return [...runsOn(machine), ...lines(fleet('exec', machine.name, 'sh', '-c', FIND_TRACES))];
}

/** Waits until nothing of any run is left there. */
export async function cleared(machine: RealMachine): Promise<void> {
  await eventually(
    () => tracesOn(machine),
    (traces) => traces.length === 0,
    30_000,
  );
}

/**
 * Gives jobs that are queued from now on this time limit, all or those of one machine: people cannot choose it, the
 * declaration of the action says it.
 */
export async function limitJobs(dataSource: DataSource, seconds: number, machineId?: string): Promise<void> {
  const which = machineId === undefined ? 'true' : `NEW.machine_id = '${machineId}'`;
  await dataSource.query(`
    CREATE OR REPLACE FUNCTION limit_jobs() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF ${which} THEN NEW.timeout_seconds := ${String(seconds)}; END IF; RETURN NEW; END $$`);
  await dataSource.query(
    'CREATE OR REPLACE TRIGGER limit_jobs BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION limit_jobs()',
  );
}
