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

  it('lists everything that is wrong at once', () => {
    const problems = problemsOf({ DATABASE_URL: 'mysql://x', PORT: '99999', ROLE: 'king' });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(
      expect.arrayContaining(['DATABASE_URL', 'PORT', 'ROLE']),
    );
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

  it('refuses half a certificate', () => {
    expect(problemsOf({ DATABASE_URL: database, TLS_CERT_FILE: 'c.pem' })[0]).toContain('both or neither');
  });
});
