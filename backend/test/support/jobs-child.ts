import { Logger } from '@nestjs/common';
import type { RemoteRun } from '../../src/modules/jobs/worker/remote-runner';
import { answer, fakeAction } from './jobs-fakes';
import { JobsProcess } from './jobs-process';

/**
 * A worker in a process of its own. It tells its parent of each run that begins; the parent answers `finish` to let it
 * end. On SIGTERM it stops as the product does.
 */
async function main(url: string): Promise<void> {
  Logger.overrideLogger(false);
  const jobs = await JobsProcess.open(url, [fakeAction()]);
  const waiting = new Map<string, () => void>();
  let finishAll = false;
  jobs.remote.otherwise(async (run: RemoteRun) => {
    run.onSection({ name: 'look', phase: 'begin' });
    run.onOutput({ section: 'look', stream: 'stdout', text: `seen by ${String(process.pid)}\n` });
    process.send?.({ began: run.jobId });
    if (!finishAll) {
      await new Promise<void>((resolve, reject) => {
        waiting.set(run.jobId, resolve);
        run.signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
      });
    }
    return answer({ look: String(process.pid) });
  });
  process.on('message', (message: unknown) => {
    if (message !== 'finish') return;
    finishAll = true;
    for (const resolve of waiting.values()) resolve();
  });
  const stop = () => void jobs.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('disconnect', stop);
  jobs.work({ concurrency: 2 });
  process.send?.({ ready: true });
}

const [url] = process.argv.slice(2);
if (url === undefined) throw new Error('the address of the database is missing');
main(url).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
