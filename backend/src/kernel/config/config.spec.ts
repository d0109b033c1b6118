import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError, loadConfig } from './config';

const database = 'postgres://user:secret-word@127.0.0.1/db';

function problemsOf(variables: Record<string, string>): readonly string[] {
  try {
    loadConfig(variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'su-config-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('listens on loopback by default and allows only loopback origins', () => {
    const config = loadConfig({ DATABASE_URL: database });
    expect(config.env.HOST).toBe('127.0.0.1');
    expect(config.secure).toBe(false);
    expect(config.allowedOrigins()).toContain('http://localhost:8460');
    expect(config.allowedOrigins().every((origin) => origin.startsWith('http://'))).toBe(true);
  });

  it('lists everything that is wrong at once, rules over several settings included', () => {
    expect(
      problemsOf({
        DATABASE_URL: 'mysql://x',
        PORT: 'abc',
        ROLE: 'king',
        DATABASE_POOL_SIZE: '1.5',
        FLEET_CONCURRENCY: '-1',
        WORKER_CONCURRENCY: '1e3',
        TLS_CERT_FILE: '/nowhere/c.pem',
      }),
    ).toEqual([
      'ROLE must be one of all, api, worker, not "king"',
      'PORT must be a whole number from 0 to 65535, not "abc"',
      'TLS_CERT_FILE must name a file that can be read, not "/nowhere/c.pem"',
      'DATABASE_URL must begin with postgres:// or postgresql:// and be a well-formed address',
      'DATABASE_POOL_SIZE must be a whole number from 2 to 200, not "1.5"',
      'WORKER_CONCURRENCY must be a whole number from 1 to 500, not "1e3"',
      'FLEET_CONCURRENCY must be a whole number from 1 to 5000, not "-1"',
    ]);
    const problems = problemsOf({ HOST: '0.0.0.0', PORT: '99999' });
    expect(problems.map((problem) => problem.split(/[ :]/)[0])).toEqual(['PORT', 'DATABASE_URL', 'HOST', 'PUBLIC_URL']);
    expect(problems[1]).toBe('DATABASE_URL is not set: it must begin with postgres:// or postgresql://');
  });

  it('speaks once of each setting', () => {
    const problems = problemsOf({
      DATABASE_URL: database,
      HOST: '0.0.0.0',
      TRUSTED_PROXIES: 'x',
      PUBLIC_URL: 'su.example',
    });
    expect(problems).toEqual([
      'PUBLIC_URL must be an http:// or https:// address, not "su.example"',
      'TRUSTED_PROXIES must be IP addresses or networks such as 10.0.0.0/8, separated by commas, not "x"',
    ]);
    expect(problemsOf({ DATABASE_URL_FILE: path.join(folder, 'absent') })).toHaveLength(1);
  });

  it.each(['notanaddress', '10.0.0.0/33', '10.0.0.1,', '::1/129', 'loopback', '10.0.0', '10.0.0.1 10.0.0.2'])(
    'takes %j as proxies only when each is an address or a network',
    (proxies) => {
      const problems = problemsOf({ DATABASE_URL: database, TRUSTED_PROXIES: proxies });
      expect(problems.map((problem) => problem.split(' ')[0])).toEqual(
        proxies === '10.0.0.1,' ? [] : ['TRUSTED_PROXIES'],
      );
    },
  );

  it('trusts the named addresses and networks, also in IPv6 notation', () => {
    const { trustedProxies } = loadConfig({
      DATABASE_URL: database,
      TRUSTED_PROXIES: '10.1.0.0/16, 192.0.2.7, 2001:db8::/32',
    });
    for (const address of ['10.1.2.3', '192.0.2.7', '::ffff:10.1.2.3', '2001:db8::9']) {
      expect(trustedProxies.contain(address)).toBe(true);
    }
    for (const address of ['10.2.0.1', '192.0.2.8', '::ffff:10.2.0.1', '2001:db9::1', undefined]) {
      expect(trustedProxies.contain(address)).toBe(false);
    }
  });

  it.each([
    ['zz', 'Key 1 of the keyring is not'],
    [`k1:${Buffer.alloc(32).toString('base64')},k1:${Buffer.alloc(32, 1).toString('base64')}`, 'same key id twice'],
  ])('looks at the form of the keyring, case %#', (keys, words) => {
    const [problem, ...others] = problemsOf({ DATABASE_URL: database, ENCRYPTION_KEYS: keys });
    expect(problem).toMatch(/^ENCRYPTION_KEYS must be "id:base64 of 32 bytes"/);
    expect(problem).toContain(words);
    expect(problem).not.toContain(keys);
    expect(others).toEqual([]);
  });

  it('never repeats a secret value in a problem', () => {
    expect(problemsOf({ DATABASE_URL: 'mysql://u:hunter2@h/d' }).join()).not.toContain('hunter2');
  });

  it('reads a secret from its file', () => {
    const file = path.join(folder, 'url');
    writeFileSync(file, `${database}\n`);
    expect(loadConfig({ DATABASE_URL_FILE: file }).env.DATABASE_URL).toBe(database);
    expect(problemsOf({ DATABASE_URL_FILE: path.join(folder, 'absent') })[0]).toContain('DATABASE_URL_FILE');
    expect(problemsOf({ DATABASE_URL_FILE: file, DATABASE_URL: database })[0]).toContain('only one');
  });

  it('demands HTTPS on any address that is not loopback', () => {
    expect(problemsOf({ DATABASE_URL: database, HOST: '0.0.0.0' }).join('\n')).toMatch(/HTTPS[\s\S]*PUBLIC_URL/);
    const behindProxy = {
      DATABASE_URL: database,
      HOST: '0.0.0.0',
      TRUSTED_PROXIES: '10.0.0.1',
      PUBLIC_URL: 'https://su.example',
    };
    expect(problemsOf(behindProxy)).toEqual([]);
    expect(loadConfig(behindProxy).secure).toBe(true);
    expect(loadConfig(behindProxy).allowedOrigins()).toEqual(['https://su.example']);
  });

  it.each(['http://su.example', 'HTTP://su.example', 'http://192.0.2.7:8460', 'http://[2001:db8::1]'])(
    'takes %s for no address that people may type: plain HTTP is for loopback',
    (address) => {
      for (const ROLE of ['all', 'worker']) {
        expect(problemsOf({ DATABASE_URL: database, PUBLIC_URL: address, ROLE })).toEqual([
          `PUBLIC_URL: ${address} is not loopback, so it has to be an https:// address`,
        ]);
      }
    },
  );

  it.each(['http://localhost:8460', 'http://127.0.0.1:8460/', 'http://[::1]:8460'])(
    'takes %s, which is loopback',
    (address) => {
      expect(problemsOf({ DATABASE_URL: database, PUBLIC_URL: address })).toEqual([]);
    },
  );

  it.each(['/base', '/?a=b', '/#part'])('refuses the public address with %s, which it would drop', (rest) => {
    const address = `https://su.example${rest}`;
    expect(problemsOf({ DATABASE_URL: database, TRUSTED_PROXIES: '10.0.0.1', PUBLIC_URL: address })).toEqual([
      `PUBLIC_URL must be an address without user, path, query or fragment, not "${address}"`,
    ]);
  });

  it('refuses a user in the public address, and does not repeat the password', () => {
    const given = { DATABASE_URL: database, TRUSTED_PROXIES: '10.0.0.1', PUBLIC_URL: 'https://u:hunter2@su.example' };
    expect(problemsOf(given)).toEqual([
      'PUBLIC_URL must be an address without user, path, query or fragment, not "https://***@su.example"',
    ]);
  });

  it.each(['0.0.0.0/0', '::/0', '10.0.0.1,0.0.0.0/0'])('does not believe everybody to be a proxy: %s', (proxies) => {
    expect(problemsOf({ DATABASE_URL: database, TRUSTED_PROXIES: proxies })).toEqual([
      `TRUSTED_PROXIES must not name everybody: give your proxies, not "${proxies}"`,
    ]);
  });

  it('demands the proxy or the certificate that an https:// address needs', () => {
    const [problem, ...others] = problemsOf({ DATABASE_URL: database, PUBLIC_URL: 'https://su.example' });
    expect(problem).toMatch(/^PUBLIC_URL is an https:.*TRUSTED_PROXIES/);
    expect(others).toEqual([]);
    expect(problemsOf({ DATABASE_URL: database, PUBLIC_URL: 'https://su.example', ROLE: 'worker' })).toEqual([]);
  });

  it('refuses half a certificate, and files that hold none', () => {
    const file = path.join(folder, 'c.pem');
    writeFileSync(file, 'no certificate\n');
    const half = { DATABASE_URL: database, TLS_CERT_FILE: file };
    expect(problemsOf(half)).toEqual(['TLS_CERT_FILE and TLS_KEY_FILE: give both or neither']);
    expect(problemsOf({ ...half, TLS_KEY_FILE: file })).toEqual([expect.stringContaining('in PEM form')]);
  });
});
