import { toCsv } from './csv';

describe('toCsv', () => {
  it('quotes, and guards against formulas', () => {
    expect(
      toCsv([
        ['a,b', 'say "x"', null],
        ['=1+1', '-cmd', '+x', '@y', '1.0-1'],
      ]),
    ).toBe('\uFEFF"a,b","say ""x""",\r\n\'=1+1,\'-cmd,\'+x,\'@y,1.0-1\r\n');
  });
});
