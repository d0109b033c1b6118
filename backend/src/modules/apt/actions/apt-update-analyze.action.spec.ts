import type { MessageBatch } from '../../history/important-messages';
import type { CollectedRun, StoreContext } from '../../jobs/actions/job-action';
import { AptUpdateAnalyzeAction } from './apt-update-analyze.action';

it('tells by which whole analysis an error was gone that is met again', async () => {
  const whole = new Date('2026-11-20T00:00:00Z');
  const document = { complete: true, refresh: { refreshed: true } };
  const snapshots = {
    latest: () => Promise.resolve({ createdAt: whole, payload: { readable: true, version: 1, document } }),
  };
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
      {},
      elsewhere,
      snapshots,
      {},
      { byAnalysis: done },
    ] as unknown as ConstructorParameters<typeof AptUpdateAnalyzeAction>),
  );
  // Of an answer without a section everything is missing.
  const run = { sections: new Map(), brokenBy: null, receivedAt: new Date('2026-11-23T00:00:00Z') };
  const outcome = await action.collect(run as unknown as CollectedRun, { machineId: 'm' } as never);
  await outcome.store?.({} as never, { machineId: 'm', contentSnapshotId: 'known' } as StoreContext);
  expect(kept).toMatchObject([{ goneBy: whole }]);
  expect(kept[0]?.messages).toContainEqual(expect.objectContaining({ category: 'error' }));
});
