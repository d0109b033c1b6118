import { Logger } from '@nestjs/common';
import { affected } from '../../src/kernel/database/rows';
import { Firing } from '../../src/modules/automation/engine/firing';
import { TargetStore } from '../../src/modules/automation/engine/target-store';
import { AutomationProcess, SetClock } from './automation-process';
import { fakeAction } from './jobs-fakes';
import { JobsProcess } from './jobs-process';

/** Where a scheduler in a process of its own stands still, in the middle of its transaction. */
export type StandsStill = 'firing' | 'beginning';

/** So long the database lets a transaction in which nothing happens go on, there. */
const PATIENCE_MS = 1_000;

/**
 * Looks once what is due and goes on with it, at a moment, in a process of its own. In the middle of that, after its rows were
 * written and before they are committed, it tells its parent, and goes on when that says so. Then it tells how it went.
 */
async function main(url: string, at: string, stands: StandsStill): Promise<void> {
  Logger.overrideLogger(false);
  const jobs = await JobsProcess.open(url, [fakeAction()]);
  const automation = new AutomationProcess(jobs, new SetClock(new Date(at)));
  const goOn = new Promise<void>((resolve) => {
    process.on('message', (message: unknown) => {
      if (message === 'go on') resolve();
    });
  });
  const standStill = async (manager: Parameters<typeof affected>[0]): Promise<void> => {
    await affected(manager, `SET LOCAL idle_in_transaction_session_timeout = ${String(PATIENCE_MS)}`);
    process.send?.({ stands: true });
    await goOn;
  };
  const { fire } = Firing.prototype;
  const { begin } = TargetStore.prototype;
  if (stands === 'firing') {
    Firing.prototype.fire = async function (this: Firing, tx, ...rest) {
      const more = await fire.call(this, tx, ...rest);
      await standStill(tx.manager);
      return more;
    };
  } else {
    TargetStore.prototype.begin = async function (this: TargetStore, tx, ...rest) {
      await begin.call(this, tx, ...rest);
      await standStill(tx.manager);
    };
  }
  process.once('disconnect', () => process.exit(0));
  const outcome = await automation.step().then(
    () => 'done',
    (error: unknown) => String(error),
  );
  process.send?.({ outcome });
}

const [url, at, stands] = process.argv.slice(2);
if (url === undefined || at === undefined) throw new Error('the address of the database and the moment are missing');
main(url, at, stands === 'firing' ? 'firing' : 'beginning').catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
