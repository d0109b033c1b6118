import { safeReturn } from './guards';

describe('safeReturn', () => {
  it('goes back to addresses of the portal only', () => {
    expect(safeReturn('/machines/1/updates?x=1')).toBe('/machines/1/updates?x=1');
    expect(safeReturn('//evil.example')).toBe('/machines');
    expect(safeReturn('/\\evil.example')).toBe('/machines');
    expect(safeReturn('https://evil.example')).toBe('/machines');
    expect(safeReturn(undefined)).toBe('/machines');
  });
});
