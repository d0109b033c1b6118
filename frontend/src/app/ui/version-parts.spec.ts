import { versionParts } from './version-parts';

describe('versionParts', () => {
  it.each([
    ['3.5.1-1', '3.5.1-1+deb13u1', '3.5.1-1', '+deb13u1'],
    ['3.10.3-2', '3.10.4-1~deb13u1', '3.10.', '4-1~deb13u1'],
    ['13.8+deb13u1', '13.8+deb13u2', '13.8+deb13u', '2'],
    ['6.12.48-1', '6.12.57-1', '6.12.', '57-1'],
    ['1.19', '1.190', '1.', '190'],
    ['1.190', '1.19', '1.', '19'],
    ['5:28.5.1-1', '5:29.0.2-1', '5:', '29.0.2-1'],
    ['2025a-1', '2025b-1', '2025', 'b-1'],
  ])('%s to %s never cuts a number', (current, target, same, changed) => {
    expect(versionParts(current, target)).toEqual({ same, changed });
  });

  it('has nothing in common with what is not installed', () => {
    expect(versionParts(null, '1.0')).toEqual({ same: '', changed: '1.0' });
  });
});
