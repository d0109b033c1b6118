import type { Transaction } from '../../kernel/database/transaction';
import type { DomainEvent } from '../../kernel/events/domain-event';
import { LogSealer } from './log-sealer';

const CHANGE = '01a00000-0000-7000-8000-000000000001';

/** A sealer over an artifact store that may be away. */
class Sealing {
  away = true;
  /** What the log of the change is: `open` until it is sealed. */
  log: 'open' | 'given up' | 'none' = 'open';
  readonly reported: string[] = [];
  private readonly logs = {
    unsealed: () => Promise.resolve(this.log === 'open' ? [CHANGE] : []),
    seal: () => (this.away ? Promise.reject(new Error('the store is away')) : Promise.resolve('artifact')),
  };
  private readonly reports = {
    unwritten: () => Promise.resolve([{ id: CHANGE, logOpen: this.log === 'open' }]),
    write: (id: string) => Promise.resolve(this.reported.push(id)),
  };
  readonly sealer = new LogSealer(
    { runsJobs: true } as never,
    this.logs as never,
    this.reports as never,
    {} as never,
    {} as never,
  );

  async end(): Promise<void> {
    let after: () => Promise<void> = () => Promise.resolve();
    const tx = { afterCommit: (work: () => Promise<void>) => (after = work) };
    await this.sealer.ended({ executionId: CHANGE } as DomainEvent, tx as unknown as Transaction);
    await after();
  }
}

describe('the report of a change', () => {
  it('is written with its log, not before it', async () => {
    const sealing = new Sealing();
    await sealing.end();
    await sealing.sealer.hourly();
    expect(sealing.reported).toEqual([]);
    sealing.away = false;
    await sealing.sealer.hourly();
    expect(sealing.reported).toEqual([CHANGE]);
  });

  it('is written at once where the log is sealed at once', async () => {
    const sealing = new Sealing();
    sealing.away = false;
    await sealing.end();
    expect(sealing.reported).toEqual([CHANGE]);
  });

  it.each(['given up', 'none'] as const)('waits for no log that is %s', async (log) => {
    const sealing = new Sealing();
    sealing.log = log;
    await sealing.sealer.hourly();
    expect(sealing.reported).toEqual([CHANGE]);
  });
});
