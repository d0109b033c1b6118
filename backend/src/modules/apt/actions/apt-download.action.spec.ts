import type { Transaction } from '../../../kernel/database/transaction';
import type { ActionContext, CollectedRun } from '../../jobs/actions/job-action';
import type { UpgradeParameters } from '../upgrade/upgrade-parameters';
import { AptDownloadAction } from './apt-download.action';

const parameters: UpgradeParameters = { scope: 'packages', packages: ['beta', 'held'] };
const told: unknown[] = [];
const settlements = { byDownload: (...words: unknown[]) => Promise.resolve(void told.push(words)) };
const collected = (stdout: string, exitCode: number) => {
  const section = { stdout, stderr: '', exitCode, truncated: false };
  const run = { sections: new Map([['download', section]]), brokenBy: null } as unknown as CollectedRun;
  const action = new AptDownloadAction(undefined as never, settlements as never);
  return action.collect(run, { machineId: 'm', parameters } as ActionContext<UpgradeParameters>);
};

it('a download that went well settles by what it fetched', async () => {
  const outcome = collected('The following packages will be upgraded:\n  beta\n1 upgraded\n', 0);
  expect(outcome).toMatchObject({ status: 'ok', settlesByStore: true });
  const tx = {} as Transaction;
  await outcome.store?.(tx, { machineId: 'm' } as never);
  expect(told).toEqual([[tx, 'm', parameters, new Set(['beta'])]]);
});

it('a download that failed tells of everything that it met, each with its package', () => {
  const missing = (name: string): string => `E: Failed to fetch http://a.example/${name}_2_all.deb  404  Not Found\n`;
  expect(collected(missing('beta') + missing('gamma'), 100)).toMatchObject({
    status: 'error',
    error: { kind: 'deb_404', subject: 'beta' },
    furtherErrors: [{ kind: 'deb_404', subject: 'gamma' }],
  });
});
