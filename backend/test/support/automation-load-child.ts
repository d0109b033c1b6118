import { Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseClock } from '../../src/kernel/database/database-clock';
import { queryOne } from '../../src/kernel/database/rows';
import { AutomationProcess } from './automation-process';
import { answer, fakeAction } from './jobs-fakes';
import { JobsProcess } from './jobs-process';

/** The database's clock at a pace: so many of its seconds pass within one. */
export class PacedClock extends DatabaseClock {
  constructor(
    private readonly from: Date,
    private readonly pace: number,
  ) {
    super();
  }

  override async now(manager: EntityManager): Promise<Date> {
    const sql = 'SELECT $1::timestamptz + (clock_timestamp() - $1::timestamptz) * $2::float8 AS now';
    const row = await queryOne<{ now: Date }>(manager, sql, [this.from, this.pace]);
    if (row === null) throw new Error('the database does not tell the time');
    return row.now;
  }
}

/** A scheduler and a worker in a process of their own; what fails while the database is away is tried again. */
async function main(url: string, from: string, pace: string): Promise<void> {
  Logger.overrideLogger(false);
  const jobs = await JobsProcess.open(url, [fakeAction()]);
  const automation = new AutomationProcess(jobs, new PacedClock(new Date(from), Number(pace)));
  jobs.remote.otherwise((run) => {
    run.onSection({ name: 'look', phase: 'begin' });
    run.onOutput({ section: 'look', stream: 'stdout', text: `seen by ${String(process.pid)}\n` });
    return answer({ look: 'seen' });
  });
  jobs.work({ renewEveryMs: 500 });
  const over = { value: false };
  const ended = (async () => {
    while (!over.value) {
      await automation.stepAfterAbsence().catch((error: unknown) => process.send?.({ failed: String(error) }));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  const stop = (): void => {
    over.value = true;
    void ended.then(() => jobs.close()).then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('disconnect', stop);
  process.send?.({ ready: true });
}

if (require.main === module) {
  const [url, from, pace] = process.argv.slice(2);
  if (url === undefined || from === undefined || pace === undefined) throw new Error('arguments are missing');
  main(url, from, pace).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
}
