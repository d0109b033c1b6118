import { canonicalAddress, GIVEN_NAME, isHostAddress, isProxyUrl, UNIX_USERNAME } from './address';

describe('isHostAddress', () => {
  it.each([
    'web',
    'web-1.example.org',
    '_srv.example.org',
    'a.b',
    '10.0.0.1',
    '::1',
    '2001:db8::5',
    'fe80::1%eth0',
    'x'.repeat(63),
  ])('takes %s', (text) => {
    expect(isHostAddress(text)).toBe(true);
  });

  it.each([
    '',
    '-web',
    '-oProxyCommand=id',
    'web-',
    'web.-x',
    'web 1',
    'web\n',
    'web\0',
    '$(id)',
    '`id`',
    'a..b',
    'web.',
    'root@web',
    'web:22',
    'http://web',
    '1',
    '127.1',
    '0x7f000001',
    'host.0x1',
    '999.1.1.1',
    'fe80::1%-x%y',
    'fe80::1%e th',
    'é.example',
    'x'.repeat(64),
    `${'abcdefgh.'.repeat(29)}x`,
    'x'.repeat(10_000),
  ])('refuses %j', (text) => {
    expect(isHostAddress(text)).toBe(false);
  });

  it('gives IPv6 addresses one spelling', () => {
    expect(canonicalAddress('2001:DB8:0:0::5')).toBe('2001:db8::5');
    expect(canonicalAddress('Web-1')).toBe('Web-1');
  });

  it.each([
    ['::ffff:127.0.74.1', '127.0.74.1'],
    ['::FFFF:7f00:4a01', '127.0.74.1'],
    ['0:0:0:0:0:ffff:0.0.0.0', '0.0.0.0'],
    ['::ffff:255.255.255.255', '255.255.255.255'],
    ['::ffff:0:127.0.0.1', '::ffff:0:7f00:1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ])('takes %s for %s', (text, address) => {
    expect(canonicalAddress(text)).toBe(address);
  });
});

describe('names', () => {
  it.each(['root', 'su_admin', 'svc-update', 'a.b', 'machine$', '_x'])('takes the account %s', (text) => {
    expect(UNIX_USERNAME.test(text)).toBe(true);
  });

  it.each(['', '-root', 'Root', '1a', 'a b', 'a\n', '$(id)', 'a'.repeat(34), 'a$b', 'ü'])(
    'refuses the account %j',
    (text) => {
      expect(UNIX_USERNAME.test(text)).toBe(false);
    },
  );

  it.each(['web-1', 'Büro 3. Stock', "R&D (old) #2, it's", 'серв', '😀 box'])('takes the name %s', (text) => {
    expect(GIVEN_NAME.test(text)).toBe(true);
  });

  it.each([
    '-x',
    '=1+1',
    '@x',
    '+x',
    ' x',
    'x ',
    'a\nb',
    'a\u202eb',
    'a\u0000',
    '$(id)',
    '`id`',
    '<b>',
    'a|b',
    'a;b',
    'a"b',
  ])('refuses the name %j', (text) => {
    expect(GIVEN_NAME.test(text)).toBe(false);
  });
});

describe('isProxyUrl', () => {
  it.each(['http://proxy:3128', 'https://user@proxy.example:8080/', 'http://[2001:db8::1]:3128', 'http://10.0.0.1'])(
    'takes %s',
    (url) => {
      expect(isProxyUrl(url)).toBe(true);
    },
  );

  it.each([
    'proxy:3128',
    'ftp://proxy',
    'http://user:secret@proxy',
    'http://proxy/path',
    'http://proxy?x=1',
    'http://proxy:99999',
    'http://$(id)',
    'http://proxy;id',
    'http://a b',
    'http://proxy\n',
    'http://-x',
    'http://',
  ])('refuses %j', (url) => {
    expect(isProxyUrl(url)).toBe(false);
  });
});
