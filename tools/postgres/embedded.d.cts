/** See embedded.cjs, whose types these are for TypeScript's programs. */
export interface StartOptions {
  dataDir: string;
  durable: boolean;
  logFile: string;
  port?: number;
  binDir?: string;
  onRestart?: (how: string) => void;
  onEnd?: (why: string) => void;
}

export interface RunningPostgres {
  url: string;
  port: number;
  readonly pid: number;
  dataDir: string;
  stop(): Promise<void>;
  /** Stops it and removes its data. */
  discard(): Promise<void>;
}

export function startPostgres(options: StartOptions): Promise<RunningPostgres>;
export function removeAbandoned(home: string): Promise<void>;
export function inUseBy(dataDir: string): number | null;
export class PostgresError extends Error {}
