import { changingRuns } from '../../../../test/support/changing-runs';
import { until } from '../../../../test/support/ssh-wait';
import { queryOne } from '../../../kernel/database/rows';

const runs = changingRuns();

describe('the log of a changing run', () => {
  it('has its whole log stored, however long it is', async () => {
    const p = await runs.start();
    p.work();
    const id = await runs.confirmed(p, await p.machine());
    await runs.begun(id);
    const printed = Array.from({ length: 22_000 }, (_, n) => `line ${String(n)} ${'x'.repeat(60)}`);
    printed.splice(100, 0, 'y'.repeat(60_000));
    runs.machines.run(id).lines.push(...printed);
    runs.machines.end(id);
    expect(await p.ended(id, 60_000)).toMatchObject({ status: 'ok' });
    expect(await runs.lines(p, id)).toEqual(printed);
    const sealed: string[] = [];
    for await (const portion of p.logs.texts(id)) sealed.push(...portion);
    expect(sealed.filter((line) => /^(line|y)/.test(line))).toEqual(printed);
  }, 90_000);

  it('that prints more lines than are kept has beginning and end stored, and is told by its end', async () => {
    const p = await runs.start();
    p.work();
    const id = await runs.confirmed(p, await p.machine());
    await runs.begun(id);
    const run = runs.machines.run(id);
    run.lines = ['the first', ...Array.from({ length: 230_000 }, () => '-'), 'why it fails'];
    run.exitCode = 100;
    runs.machines.end(id);
    await p.ended(id, 60_000);
    const { log } = (await runs.execution(p, id))?.result_json as { log: string };
    const told = log.match(/the first|Left out here: \d+ lines|why it fails/g);
    expect(told).toEqual(['the first', expect.stringMatching(/: 1000\d lines$/), 'why it fails']);
    const row = await queryOne<{ log_offset: string; last_seq: string }>(
      p.dataSource,
      'SELECT log_offset, last_seq FROM jobs WHERE id = $1',
      [id],
    );
    expect(Number(row?.log_offset)).toBe(run.lines.join('\n').length + 1);
    expect(Number(row?.last_seq)).toBeLessThan(220_020);
    expect(await p.count('job_log_chunks', 'job_id = $1', [id])).toBeLessThan(500);
  }, 90_000);

  it.each([
    ['failed is told by its whole log, though its machine gives only the end', 100, true],
    ['went well is not read again', 0, false],
  ])('that %s', async (_name, exitCode, whole) => {
    const p = await runs.start();
    p.work();
    const id = await runs.confirmed(p, await p.machine());
    await runs.begun(id);
    const run = runs.machines.run(id);
    run.lines.push('why it fails', ...Array.from({ length: 10_000 }, (_, n) => `line ${String(n)} ${'x'.repeat(60)}`));
    run.exitCode = exitCode;
    runs.machines.end(id);
    await p.ended(id, 60_000);
    const { log } = (await runs.execution(p, id))?.result_json as { log: string };
    expect(log.includes('why it fails')).toBe(whole);
    expect(log).toContain('line 9999');
  });

  it('doubles and loses no line when the connection is cut while the database takes none', async () => {
    const p = await runs.start();
    p.work();
    const id = await runs.confirmed(p, await p.machine());
    await runs.begun(id);
    runs.machines.print(id, 'one');
    await runs.shown(p, id, 'one');
    const release = runs.holdLog(p);
    // More than may wait in memory: the reading waits within it.
    const many = Array.from({ length: 600 }, (_, n) => `line ${String(n)} ${'x'.repeat(1_000)}`);
    runs.machines.run(id).lines.push(...many);
    runs.machines.changed();
    await until('lines wait', () => jest.mocked(p.logs.write).mock.calls.length > 1);
    runs.machines.cut();
    runs.machines.restore();
    await until('it is asked again', () => runs.machines.fences.length > 1);
    release();
    runs.machines.print(id, 'last');
    runs.machines.end(id);
    expect(await p.ended(id, 30_000)).toMatchObject({ status: 'ok' });
    expect(await runs.lines(p, id)).toEqual(['one', ...many, 'last']);
  }, 60_000);

  it('ends no sooner than its log is written, while the database is only away', async () => {
    const p = await runs.start();
    p.work({ logPatienceMs: 0 });
    const id = await runs.confirmed(p, await p.machine());
    await runs.begun(id);
    const release = runs.holdLog(p);
    runs.machines.print(id, 'the last word');
    runs.machines.end(id);
    const write = jest.mocked(p.logs.write);
    const tried = (): number => write.mock.calls.filter(([{ progress }]) => progress?.step === null).length;
    await until('the end of the log is tried again', () => tried() > 1);
    expect(await p.job(id)).toMatchObject({ status: 'running' });
    release();
    expect(await p.ended(id)).toMatchObject({ status: 'ok' });
    expect(await runs.lines(p, id)).toEqual(['the last word']);
  });
});
