import type { MessageBatch } from '../../history/important-messages';
import type { CollectedRun, StoreContext } from '../../jobs/actions/job-action';
import { loadFixture } from '../fixtures/load-fixture';
import { AptUpdateAnalyzeAction } from './apt-update-analyze.action';

it('tells which errors of before are gone', async () => {
  const kept: MessageBatch[] = [];
  const messages = { upsert: (_tx: unknown, batch: MessageBatch) => Promise.resolve(kept.push(batch)) };
  const done = () => Promise.resolve();
  const elsewhere = { store: done, noteReading: done };
  const action = new AptUpdateAnalyzeAction(
    ...([
      {},
      { patch: () => undefined },
      {},
      messages,
      { forgetOthers: done },
      elsewhere,
      {},
      { byAnalysis: done },
    ] as unknown as ConstructorParameters<typeof AptUpdateAnalyzeAction>),
  );
  const run = {
    sections: loadFixture('trixie', 'interrupted'),
    brokenBy: null,
    receivedAt: new Date('2026-11-23T00:00:00Z'),
  };
  const outcome = action.collect(run as unknown as CollectedRun);
  await outcome.store?.({} as never, { machineId: 'm', contentSnapshotId: 'known' } as StoreContext);
  expect(kept[0]?.gone?.codes).toContain('unmet_dependencies');
  expect(kept[0]?.gone?.codes).not.toContain('dpkg_interrupted');
  expect(kept[0]?.messages).toContainEqual(expect.objectContaining({ category: 'error' }));
});
