import { isSearchableNetwork } from './network';

describe('isSearchableNetwork', () => {
  it.each([
    '10.0.0.0/8',
    '192.168.1.0/24',
    '192.0.2.7/32',
    '172.16.0.0/12',
    'fd00::/48',
    '2001:db8:0:1::/64',
    '2001:db8::1/128',
  ])('takes %s', (network) => {
    expect(isSearchableNetwork(network)).toBe(true);
  });

  it.each([
    ['no prefix', '10.0.0.0'],
    ['two prefixes', '10.0.0.0/8/8'],
    ['a host part', '10.0.0.1/24'],
    ['a host part in IPv6', '2001:db8::1/64'],
    ['everything', '0.0.0.0/0'],
    ['too wide', '8.0.0.0/7'],
    ['too wide in IPv6', '2001::/16'],
    ['too long', '10.0.0.0/33'],
    ['a sign', '10.0.0.0/+8'],
    ['a leading zero', '10.0.0.0/08'],
    ['spaces', ' 10.0.0.0/8'],
    ['loopback', '127.0.0.0/8'],
    ['loopback in IPv6', '::1/128'],
    ['loopback as a mapped address', '::ffff:127.0.0.1/128'],
    ['link-local', '169.254.0.0/16'],
    ['cloud metadata', '169.254.169.254/32'],
    ['link-local in IPv6', 'fe80::/64'],
    ['a zone', 'fe80::1%eth0/128'],
    ['multicast', '224.0.0.0/8'],
    ['a name', 'example.org/24'],
    ['nothing', ''],
  ])('refuses %s', (_why, network) => {
    expect(isSearchableNetwork(network)).toBe(false);
  });
});
