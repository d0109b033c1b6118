import { SecretMasker } from '../../logging/secret-masker';
import { answer } from '../../../../test/support/jobs-fakes';
import { DetachedRuns } from './detached-runs';

const run = {
  id: '01890000-0000-7000-8000-000000000000',
  installation: { id: '01890000-0000-7000-8000-000000000001', epoch: 1 },
  fence: '1',
  script: 'true',
  parameters: {},
  plan: { lines: [], digest: '' },
  stoppable: [],
  expected: false,
};

/** What a start comes to when the machine answers so. */
async function started(start: string, state: string): Promise<string> {
  const runner = { runScript: () => Promise.resolve(answer({ start, state: `state ${state}\nrebooted 0\nsize 0\n` })) };
  const runs = new DetachedRuns(runner, { sudo: { kind: 'none' }, masker: new SecretMasker([]) });
  return (await runs.start(run)).outcome.kind;
}

describe('the start of a detached run', () => {
  it.each([
    ['running', 'attached'],
    ['ended', 'attached'],
    ['interrupted', 'attached'],
    ['prepared', 'unsure'],
    ['missing', 'failed'],
  ])('that broke off over a run that is %s: %s', async (state, outcome) => {
    expect(await started('', state)).toBe(outcome);
  });

  it('that was refused stays refused, whatever there is', async () => {
    expect(await started('outcome fence_refused\nfence 1 9\n', 'running')).toBe('fence_refused');
    expect(await started('outcome busy\nholder a b\n', 'missing')).toBe('busy');
    expect(await started('outcome failed\nreason no unit\n', 'missing')).toBe('failed');
  });
});
