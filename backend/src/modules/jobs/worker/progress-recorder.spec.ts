import { Logger } from '@nestjs/common';
import { until } from '../../../../test/support/ssh-wait';
import { SystemClock } from '../../../kernel/clock';
import type { ProgressWrite } from '../log-rows';
import type { Claim } from './claims';
import { wholeLog } from './log-buffer';
import { ProgressRecorder, type RecorderTools } from './progress-recorder';
import { StepTracker } from './step-tracker';

describe('the log of an attempt', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  const recorder = (write: (progress: ProgressWrite) => Promise<number | null>): ProgressRecorder =>
    new ProgressRecorder(
      { jobId: 'j', machineId: 'm', fence: '1', lastSeq: 0 } as Claim,
      new StepTracker([], () => new Date()),
      { log: { write }, bus: { announce: () => undefined }, clock: new SystemClock() } as unknown as RecorderTools,
      wholeLog,
    );

  it('is written to its end once the database is back, however long that took', async () => {
    const written: string[] = [];
    let refused = 0;
    const log = recorder(({ lastSeq, chunks }) => {
      // It is back between two tries that follow each other: that of the timer, and that of whoever closes the log.
      if (refused < 4) {
        refused += 1;
        return Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
      }
      const lines = chunks.flatMap((chunk) => chunk.lines);
      written.push(...lines);
      return Promise.resolve(lastSeq + lines.length);
    });
    log.note('sent while it went away');
    const closed = log.close(600, 60_000);
    await until('the write fails', () => refused > 0);
    log.note('waits behind it');
    log.note('and this');
    await closed;
    expect(written).toEqual(['sent while it went away', 'waits behind it', 'and this']);
  });

  it('of millions of lines is read on from where its stored part ends, should its worker die; nothing is lost or doubled', async () => {
    const text = Array.from({ length: 300_000 }, (_, n) => `${String(n)}\n`).join('');
    const stored = { lines: [] as string[], offset: 0 };
    const ran = recorder(({ lastSeq, chunks, logOffset }) => {
      const printed = chunks.filter(({ stream }) => stream === 'out').flatMap((chunk) => chunk.lines);
      stored.lines.push(...printed);
      stored.offset = logOffset ?? stored.offset;
      return Promise.resolve(lastSeq + chunks.reduce((sum, { lines }) => sum + lines.length, 0));
    });
    for (let at = 0; at < text.length;) {
      const end = text.indexOf('\n', Math.min(at + 30_000, text.length - 1)) + 1;
      await ran.onLog({ text: text.slice(at, end), step: null, offset: end });
      at = end;
    }
    await ran.close(1_000);
    // As a worker leaves it that dies now.
    expect(stored.lines.length).toBeLessThanOrEqual(wholeLog.lines);
    expect(text.slice(0, stored.offset)).toBe(`${stored.lines.join('\n')}\n`);

    ran.endOfLog();
    await ran.close(1_000);
    expect(stored.offset).toBe(text.length);
    expect(stored.lines.slice(-2)).toEqual(['299998', '299999']);
    expect(stored.lines.length).toBeLessThanOrEqual(wholeLog.lines + 20_000);
  });
});
