import { piecesOf, plainLine } from './safe-line';

const ESC = '\u001b';

describe('log lines', () => {
  it('keep SGR colours as names of styles', () => {
    expect(piecesOf(`a ${ESC}[1mbold${ESC}[0m ${ESC}[32mdone${ESC}[0m`)).toEqual([
      { text: 'a ', style: '' },
      { text: 'bold', style: 'd-bold' },
      { text: ' ', style: '' },
      { text: 'done', style: 'c-green' },
    ]);
  });

  it('show every other control code instead of obeying it', () => {
    const hostile = `x${ESC}[2J${ESC}]0;title\u0007\r\u009b31m\u202egnp.exe\u0000`;
    const text = piecesOf(hostile)
      .map((piece) => piece.text)
      .join('');
    expect(text).toBe('x\\x1b[2J\\x1b]0;title\\x07\\r\\x9b31m\\u202egnp.exe\\x00');
    expect(text).toBe(plainLine(hostile));
  });

  it('never make markup of text', () => {
    expect(piecesOf('<img src=x onerror=alert(1)>&amp;')).toEqual([
      { text: '<img src=x onerror=alert(1)>&amp;', style: '' },
    ]);
  });

  it('cannot be given a style name by the machine', () => {
    expect(piecesOf(`${ESC}[38;5;200mx${ESC}[38;2;1;2;3my`).every((piece) => piece.style === '')).toBe(true);
  });

  it('have pieces that join to the plain line, also for odd codes', () => {
    for (const line of [`${ESC}[`, `${ESC}[m`, `a${ESC}[31`, `${ESC}${ESC}[31mx`, `${ESC}[999mx`, '\t tab', '']) {
      expect(
        piecesOf(line)
          .map((piece) => piece.text)
          .join(''),
      ).toBe(plainLine(line));
    }
  });
});
