import { parseAddress, writeAddress } from './ssh-address';

describe('parseAddress', () => {
  it.each([
    ['web-01', { user: null, host: 'web-01', port: 22 }],
    ['admin@web-01.lan:2222', { user: 'admin', host: 'web-01.lan', port: 2222 }],
    ['ssh://root@10.0.0.5', { user: 'root', host: '10.0.0.5', port: 22 }],
    ['ssh admin@host', { user: 'admin', host: 'host', port: 22 }],
    ['[fe80::1%eth0]:22', { user: null, host: 'fe80::1%eth0', port: 22 }],
    ['2001:db8::7', { user: null, host: '2001:db8::7', port: 22 }],
  ])('reads %s', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  it.each(['', '-oProxyCommand=x', 'a b', '$(id)', 'host:0', 'host:99999', 'host:', '-l@host', 'host\nx', 'a@b@'])(
    'refuses %j',
    (text) => {
      expect(parseAddress(text)).toBeNull();
    },
  );

  it('writes what it reads', () => {
    expect(writeAddress('2001:db8::7', 22, 'root')).toBe('root@[2001:db8::7]:22');
    expect(parseAddress(writeAddress('web-01', 2200, 'a'))).toEqual({ user: 'a', host: 'web-01', port: 2200 });
  });
});
