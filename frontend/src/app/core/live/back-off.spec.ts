import { backOff } from './back-off';

describe('backOff', () => {
  it('grows, spreads and stays below its longest wait', () => {
    expect(backOff(0, 0)).toBe(250);
    expect(backOff(0, 1)).toBe(500);
    expect(backOff(3, 0)).toBe(2000);
    expect(backOff(50, 1)).toBe(20_000);
  });
});
