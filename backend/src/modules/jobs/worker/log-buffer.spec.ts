import { LogBuffer, readingLog, wholeLog } from './log-buffer';

describe('the log that waits to be written', () => {
  it('joins consecutive lines of one stream and section', () => {
    const buffer = new LogBuffer(readingLog);
    buffer.add('out', 'a', 'one\ntwo\n');
    buffer.add('out', 'a', 'three\n');
    buffer.add('err', 'a', '\n');
    buffer.add('out', 'b', 'four\n');
    expect(buffer.take()).toMatchObject([
      { stream: 'out', section: 'a', lines: ['one', 'two', 'three'] },
      { stream: 'err', section: 'a', lines: [''] },
      { stream: 'out', section: 'b', lines: ['four'] },
    ]);
    expect(buffer).toMatchObject({ empty: true, pendingBytes: 0 });
  });

  it('cuts a flood with one visible marker, and still takes notes', () => {
    const buffer = new LogBuffer(readingLog);
    for (let n = 0; n < readingLog.lines + 50; n += 1) buffer.add('out', 'a', 'x\n');
    buffer.note('the end');
    const lines = buffer.take().flatMap(({ lines: own }) => own);
    expect(lines).toHaveLength(readingLog.lines + 2);
    expect(lines.slice(-2)).toEqual([expect.stringContaining('cut here'), 'the end']);
  });

  it('of a change is not cut: neither many lines, nor many bytes, nor a long line; an endless one is, with the marker', () => {
    const buffer = new LogBuffer(wholeLog);
    const lines = [...Array.from({ length: 25_000 }, (_, n) => `${String(n)} ${'x'.repeat(90)}`), 'y'.repeat(80_000)];
    for (const line of lines) buffer.add('out', 'a', `${line}\n`);
    const chunks = buffer.take();
    expect(chunks.flatMap(({ lines: own }) => own)).toEqual(lines);
    for (const { lines: own } of chunks.slice(0, -1)) expect(own.join('\n').length).toBeLessThan(33_000);

    const mebibyte = 'z'.repeat(1024 * 1024);
    for (let n = 0; n < 40; n += 1) buffer.add('out', 'a', `${mebibyte}\n`);
    const flood = buffer.take().flatMap(({ lines: own }) => own);
    expect(flood.filter((line) => line === mebibyte).length).toBe(29);
    expect(flood.at(-1)).toContain('cut here');
  });

  it('keeps rows small, cuts endless lines and holds nothing that PostgreSQL refuses', () => {
    const buffer = new LogBuffer(readingLog);
    buffer.add('out', 'a', `${'y'.repeat(60_000)}\n`);
    buffer.add('out', 'a', 'nul:\u0000\n');
    for (let n = 0; n < 100; n += 1) buffer.add('out', 'a', `${'z'.repeat(1_000)}\n`);
    const chunks = buffer.take();
    for (const { lines } of chunks) expect(lines.join('\n').length).toBeLessThan(33_000);
    expect(chunks[0]?.lines[0]).toHaveLength(16 * 1024 + 1);
    expect(chunks.flatMap(({ lines }) => lines)).toContain('nul:\uFFFD');
  });
});
