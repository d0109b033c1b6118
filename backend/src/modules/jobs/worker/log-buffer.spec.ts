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

  it('of a change is not cut: neither many lines, nor many bytes, nor a long line', () => {
    const buffer = new LogBuffer(wholeLog);
    const lines = [...Array.from({ length: 25_000 }, (_, n) => `${String(n)} ${'x'.repeat(90)}`), 'y'.repeat(80_000)];
    for (const line of lines) buffer.add('out', 'a', `${line}\n`);
    const chunks = buffer.take();
    expect(chunks.flatMap(({ lines: own }) => own)).toEqual(lines);
    for (const { lines: own } of chunks.slice(0, -1)) expect(own.join('\n').length).toBeLessThan(33_000);
  });

  it('of a change keeps beginning and end of an endless one, in bytes too', () => {
    const buffer = new LogBuffer(wholeLog);
    const mebibyte = 'z'.repeat(1024 * 1024);
    for (let n = 0; n < 40; n += 1) buffer.add('out', 'a', `${mebibyte}\n`);
    buffer.add('out', 'a', 'the last words\n');
    buffer.end();
    const lines = buffer.take().flatMap(({ lines: own }) => own);
    expect(lines.map((line) => (line === mebibyte ? 'z' : line)).slice(30)).toEqual([
      'z',
      expect.stringContaining('stored once the run is over'),
      'Left out here: 8 lines. The run has printed more than is kept.',
      'z',
      'the last words',
    ]);
  });

  it('of a change that prints millions of lines has so many of its beginning and of its end, in few rows', () => {
    const buffer = new LogBuffer(wholeLog);
    const piece = '\n'.repeat(32 * 1024);
    let [lines, rows, most] = [0, 0, 0];
    const written: string[] = [];
    const write = (): void => {
      for (const chunk of buffer.take()) {
        rows += 1;
        lines += chunk.lines.length;
        most = Math.max(most, chunk.lines.length);
        written.push(...chunk.lines.filter((line) => line !== ''));
      }
    };
    buffer.add('out', 'a', 'the first\n');
    for (let n = 0; n < 275; n += 1) {
      buffer.add('out', 'a', piece);
      expect(buffer.pendingBytes).toBeLessThan(40_000);
      write();
    }
    buffer.add('out', 'a', 'E: why it failed\n');
    expect(buffer).toMatchObject({ empty: true, holds: true });
    buffer.end();
    write();
    const { end } = wholeLog;
    expect(lines).toBeLessThanOrEqual(wholeLog.lines + (end?.lines ?? 0) + 2);
    expect(lines).toBeGreaterThan(wholeLog.lines - piece.length + (end?.lines ?? 0));
    expect({ rows: rows < 250, most }).toEqual({ rows: true, most: 1000 });
    const omitted = 275 * piece.length + 2 - (lines - 2);
    expect(written).toEqual([
      'the first',
      expect.stringContaining('stored once the run is over'),
      `Left out here: ${String(omitted)} lines. The run has printed more than is kept.`,
      'E: why it failed',
    ]);
  });

  describe('held back', () => {
    const few = { length: 1_000, lines: 3, lineLength: Infinity, end: { lines: 2, length: 1_000 } };
    const held = (): LogBuffer => {
      const buffer = new LogBuffer(few);
      buffer.add('out', 'a', '1\n2\n3\n');
      buffer.add('out', 'a', '4\n');
      return buffer;
    };
    const lines = (buffer: LogBuffer): string[] =>
      buffer
        .take()
        .flatMap(({ stream, section, lines: own }) => own.map((line) => `${section ?? stream} ${line}`))
        .filter((line) => !line.includes('stored once'));

    it('needs no marker where nothing is left out, and limits start anew behind it', () => {
      const buffer = held();
      expect(lines(buffer)).toEqual(['a 1', 'a 2', 'a 3']);
      buffer.add('out', 'b', '5\n');
      buffer.end();
      buffer.add('out', 'b', '6\n7\n8\n');
      expect(lines(buffer)).toEqual(['a 4', 'b 5', 'b 6', 'b 7', 'b 8']);
    });

    it('gives up a part of a piece, and keeps what we say between its lines where it belongs', () => {
      const buffer = held();
      buffer.add('out', 'a', '5\n6\n7\n');
      buffer.noteInPlace('a: 1.0 s');
      buffer.note('at once');
      buffer.add('out', 'b', '8');
      buffer.end();
      expect(lines(buffer)).toEqual([
        'a 1',
        'a 2',
        'a 3',
        'note at once',
        'note Left out here: 4 lines. The run has printed more than is kept.',
        'note a: 1.0 s',
        'b 8',
      ]);
    });

    it('is not the end where the machine has left something out behind it', () => {
      const buffer = held();
      buffer.skip(123);
      buffer.add('out', 'a', 'end\n');
      buffer.end();
      expect(lines(buffer).slice(3)).toEqual([
        'note Left out here: 1 line, and 123 bytes that the machine did not keep. The run has printed more than is kept.',
        'a end',
      ]);
    });
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
