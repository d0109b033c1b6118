import { aptName, bulkParameters, updateParameters } from './update-parameters';

describe('updateParameters', () => {
  it('plans what the mode shows', () => {
    const none = new Set<string>();
    expect(updateParameters('security', none)).toEqual({ mode: 'upgrade_with_new', scope: 'security' });
    expect(updateParameters('upgrade', none)).toEqual({ mode: 'upgrade', scope: 'all' });
    expect(updateParameters('withNew', none)).toEqual({ mode: 'upgrade_with_new', scope: 'all' });
    expect(updateParameters('full', none)).toEqual({ mode: 'dist_upgrade', scope: 'all' });
  });

  it('plans chosen packages alone, in one order whatever order they were chosen in', () => {
    expect(updateParameters('full', new Set(['openssl:amd64', 'curl:amd64']))).toEqual({
      mode: 'dist_upgrade',
      scope: 'packages',
      packages: ['curl:amd64', 'openssl:amd64'],
    });
  });
});

it('names no mode for several machines: a Proxmox host among them may have only its own', () => {
  expect(bulkParameters('all')).toEqual({ scope: 'all' });
  expect(bulkParameters('security')).toEqual({ scope: 'security' });
});

describe('aptName', () => {
  it('names the architecture where there is one', () => {
    expect(aptName({ name: 'libc6', arch: 'i386' })).toBe('libc6:i386');
    expect(aptName({ name: 'adduser', arch: 'all' })).toBe('adduser');
  });
});
