import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import request, { type Response } from 'supertest';
import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { Clock } from '../../kernel/clock';
import { loadConfig } from '../../kernel/config/config';
import { configureHttp } from '../../kernel/http/http-app';
import { KernelModule } from '../../kernel/kernel.module';
import { AccountsModule } from './accounts.module';
import { LinksService } from './links.service';
import { SessionsRetention } from './retention';

const PASSWORD = 'a long enough password';
const ORIGIN = 'http://localhost:8460';

class TestClock extends Clock {
  private time = Date.parse('2026-06-01T12:00:00Z');
  now(): Date {
    return new Date(this.time);
  }
  advance(ms: number): void {
    this.time += ms;
  }
}

describe('accounts', () => {
  let database: TestDatabase;
  let folder: string;
  let app: INestApplication;
  const clock = new TestClock();

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(path.join(tmpdir(), 'su-accounts-'));
    const config = loadConfig({
      DATABASE_URL: database.url,
      DATA_DIR: folder,
      LOG_LEVEL: 'silent',
      DATABASE_POOL_SIZE: '5',
    });
    const module = await Test.createTestingModule({ imports: [KernelModule.forRoot(config), AccountsModule] })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    app = module.createNestApplication<NestExpressApplication>({ bufferLogs: true });
    configureHttp(app, config);
    await app.init();
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  const call = (method: 'get' | 'post' | 'patch' | 'delete', url: string, cookie?: string) => {
    const pending = request(app.getHttpServer() as Server)
      [method](`/api${url}`)
      .set('Host', 'localhost:8460')
      .set('X-System-Update', '1');
    return cookie === undefined ? pending : pending.set('Cookie', cookie);
  };
  const cookieOf = (response: Response): string => (response.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
  const tokenOf = (url: string): string => url.split('#token=')[1] ?? '';
  const signIn = (username: string, password = PASSWORD) => call('post', '/sessions').send({ username, password });
  const query = <T>(sql: string, parameters: unknown[] = []): Promise<T[]> =>
    app.get(DataSource).query(sql, parameters);

  let admin = '';

  it('has one way in at first: the setup link, once', async () => {
    expect((await call('get', '/setup')).body).toEqual({ needed: true });
    const first = await app.get(LinksService).issueSetup(ORIGIN);
    const second = await app.get(LinksService).issueSetup(ORIGIN);
    const [older, token] = [tokenOf(first?.url ?? ''), tokenOf(second?.url ?? '')];
    expect(second?.url).toMatch(/^http:\/\/localhost:8460\/link#token=su_link_/);

    expect((await call('post', '/links/inspect').send({ token: older })).body).toMatchObject({
      code: 'link_invalid',
      status: 404,
    });
    expect((await call('post', '/links/inspect').send({ token })).body).toMatchObject({
      purpose: 'setup',
      username: null,
    });
    const noName = await call('post', '/links/accept').send({ token, password: PASSWORD });
    expect(noName.body).toMatchObject({ code: 'invalid_input', errors: [{ field: 'username' }] });

    const accepted = await call('post', '/links/accept').send({
      token,
      password: PASSWORD,
      username: 'ada',
      displayName: 'Ada L.',
    });
    expect(accepted.status).toBe(200);
    expect(accepted.body).toMatchObject({ username: 'ada', role: 'administrator' });
    expect(accepted.headers['set-cookie']?.[0]).toMatch(/HttpOnly/);
    expect(accepted.headers['set-cookie']?.[0]).toMatch(/SameSite=Strict/);
    admin = cookieOf(accepted);

    expect((await call('get', '/setup')).body).toEqual({ needed: false });
    expect(await app.get(LinksService).issueSetup(ORIGIN)).toBeNull();
    expect((await call('post', '/links/accept').send({ token, password: PASSWORD, username: 'eve' })).status).toBe(404);
  });

  it('stores neither tokens nor passwords in the clear', async () => {
    const token = admin.split('=')[1] ?? '';
    for (const table of ['users', 'sessions', 'one_time_links', 'audit_log']) {
      const rows = JSON.stringify(await query(`SELECT * FROM ${table}`));
      expect(rows).not.toContain(PASSWORD);
      expect(rows).not.toContain(token);
    }
    expect(JSON.stringify(await query('SELECT password_hash FROM users'))).toContain('$argon2id$');
  });

  it('answers the signed-in person and nobody else', async () => {
    expect((await call('get', '/me', admin)).body).toMatchObject({ username: 'ada', displayName: 'Ada L.' });
    expect((await call('get', '/me')).body).toMatchObject({ code: 'not_signed_in', status: 401 });
    expect((await call('get', '/me', 'system_update_session=su_session_wrong')).status).toBe(401);
  });

  it.each([
    ['without the header', { 'X-System-Update': '' }, true],
    ['from another site', { 'Sec-Fetch-Site': 'cross-site' }, false],
    ['from another origin', { Origin: 'http://evil.example' }, false],
  ])('refuses a change %s', async (_name, headers, dropHeader) => {
    const pending = call('post', '/users', admin).set(headers);
    if (dropHeader) pending.unset('X-System-Update');
    const answer = await pending.send({ username: 'mallory', displayName: 'M', role: 'administrator' });
    expect(answer.body).toMatchObject({ code: 'cross_site_request', status: 403 });
    expect(await query(`SELECT FROM users WHERE username = 'mallory'`)).toHaveLength(0);
  });

  it('does not answer under a foreign host name', async () => {
    const answer = await call('get', '/setup').set('Host', 'evil.example');
    expect(answer.body).toMatchObject({ code: 'host_not_allowed', status: 421 });
    expect((await call('get', '/health/live').set('Host', 'evil.example')).status).toBe(200);
  });

  it('invites, lets the invited person in, and keeps roles apart', async () => {
    const invited = await call('post', '/users', admin).send({ username: 'vic', displayName: 'Vic', role: 'viewer' });
    expect(invited.status).toBe(201);
    const { user, link } = invited.body as { user: { id: string; status: string }; link: { url: string } };
    expect(user.status).toBe('invited');
    expect((await signIn('vic')).status).toBe(401);
    const accepted = await call('post', '/links/accept').send({ token: tokenOf(link.url), password: PASSWORD });
    expect(accepted.body).toMatchObject({ username: 'vic', role: 'viewer' });
    const viewer = cookieOf(accepted);
    for (const attempt of [
      call('get', '/users', viewer),
      call('post', '/users', viewer).send({ username: 'x2', displayName: 'x', role: 'administrator' }),
    ]) {
      expect((await attempt).body).toMatchObject({ code: 'not_permitted', status: 403 });
    }

    await call('patch', `/users/${user.id}`, admin).send({ status: 'disabled' }).expect(200);
    expect((await call('get', '/me', viewer)).status).toBe(401);
    expect((await signIn('vic')).status).toBe(401);
    expect((await call('post', `/users/${user.id}/reset-link`, admin)).body).toMatchObject({ code: 'user_disabled' });
    await call('patch', `/users/${user.id}`, admin).send({ status: 'active' }).expect(200);

    const session = cookieOf(await signIn('vic'));
    const reset = await call('post', `/users/${user.id}/reset-link`, admin);
    const changed = 'another long password';
    const token = tokenOf((reset.body as { url: string }).url);
    await call('post', '/links/accept').send({ token, password: changed }).expect(200);
    expect((await call('get', '/me', session)).status).toBe(401);
    expect((await signIn('vic')).status).toBe(401);
    expect((await signIn('vic', changed)).status).toBe(200);
  });

  it('withdraws the links of whoever is disabled, for good', async () => {
    const [row] = await query<{ id: string }>(`SELECT id FROM users WHERE username = 'vic'`);
    const id = row?.id ?? '';
    const reset = await call('post', `/users/${id}/reset-link`, admin);
    const token = tokenOf((reset.body as { url: string }).url);
    await call('patch', `/users/${id}`, admin).send({ status: 'disabled' }).expect(200);
    await call('patch', `/users/${id}`, admin).send({ status: 'active' }).expect(200);
    expect((await call('post', '/links/inspect').send({ token })).body).toMatchObject({ code: 'link_invalid' });
    expect((await call('post', '/links/accept').send({ token, password: PASSWORD })).status).toBe(404);
  });

  it('keeps the last administrator', async () => {
    const [row] = await query<{ id: string }>(`SELECT id FROM users WHERE username = 'ada'`);
    for (const body of [{ role: 'viewer' }, { status: 'disabled' }]) {
      expect((await call('patch', `/users/${row?.id ?? ''}`, admin).send(body)).body).toMatchObject({
        code: 'last_administrator',
        status: 409,
      });
    }
  });

  it.each([
    ['an unknown field', { username: 'bob', displayName: 'B', role: 'viewer', admin: true }, 'admin'],
    ['a role that does not exist', { username: 'bob', displayName: 'B', role: 'king' }, 'role'],
    ['an option as name', { username: '-rf', displayName: 'B', role: 'viewer' }, 'username'],
    ['a substitution', { username: '$(id)', displayName: 'B', role: 'viewer' }, 'username'],
    ['a line break', { username: 'bob', displayName: 'B\nC', role: 'viewer' }, 'displayName'],
    ['10 kB', { username: 'bob', displayName: 'B'.repeat(10_000), role: 'viewer' }, 'displayName'],
    ['a wrong type', { username: ['bob'], displayName: 'B', role: 'viewer' }, 'username'],
    ['nothing', {}, 'username'],
  ])('refuses %s, naming the field', async (_name, body, field) => {
    const before = await query('SELECT count(*) FROM users');
    const answer = await call('post', '/users', admin).send(body);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code: 'invalid_input', status: 400 });
    expect((answer.body as { errors: { field: string }[] }).errors.map((error) => error.field)).toContain(field);
    expect(await query('SELECT count(*) FROM users')).toEqual(before);
  });

  it('refuses a taken name in any case', async () => {
    const answer = await call('post', '/users', admin).send({ username: 'ada', displayName: 'A', role: 'viewer' });
    expect(answer.body).toMatchObject({ code: 'username_taken', status: 409 });
  });

  it('ends sessions by idleness and by age', async () => {
    const session = cookieOf(await signIn('ada'));
    clock.advance(11 * 3_600_000);
    expect((await call('get', '/me', session)).status).toBe(200);
    clock.advance(11 * 3_600_000);
    expect((await call('get', '/me', session)).status).toBe(200);
    clock.advance(13 * 3_600_000);
    expect((await call('get', '/me', session)).status).toBe(401);
    admin = cookieOf(await signIn('ada'));
  });

  it('signs out for good', async () => {
    const session = cookieOf(await signIn('ada'));
    await call('delete', '/sessions/current', session).expect(204);
    expect((await call('get', '/me', session)).status).toBe(401);
  });

  it('changes the own password only with the present one', async () => {
    const wrong = await call('post', '/me/password', admin).send({ currentPassword: 'guess', newPassword: PASSWORD });
    expect(wrong.body).toMatchObject({ errors: [{ field: 'currentPassword' }] });
    await call('post', '/me/password', admin).send({ currentPassword: PASSWORD, newPassword: PASSWORD }).expect(204);
    expect((await call('get', '/me', admin)).status).toBe(200);
  });

  it('slows guessing the current password down as at the sign-in', async () => {
    const [row] = await query<{ id: string }>(`SELECT id FROM users WHERE username = 'vic'`);
    const reset = await call('post', `/users/${row?.id ?? ''}/reset-link`, admin);
    const token = tokenOf((reset.body as { url: string }).url);
    const session = cookieOf(await call('post', '/links/accept').send({ token, password: PASSWORD }));
    const attempt = (currentPassword: string) =>
      call('post', '/me/password', session).send({ currentPassword, newPassword: PASSWORD });
    expect((await attempt(PASSWORD)).status).toBe(204);
    const wrong: number[] = [];
    for (let count = 0; count < 8; count += 1) wrong.push((await attempt('not my password')).status);
    expect(wrong).toEqual(Array(8).fill(400));
    const refused = await attempt(PASSWORD);
    expect(refused.body).toMatchObject({ code: 'too_many_attempts', status: 429 });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('slows guessing down and says for how long', async () => {
    const answers: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) answers.push((await signIn('nobody', 'guess')).status);
    expect(answers.slice(0, 8)).toEqual(Array(8).fill(401));
    expect(answers[8]).toBe(429);
    const last = await signIn('nobody', 'guess');
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
    expect((await signIn('ada')).status).toBe(200);
  });

  it('writes who did what into the audit', async () => {
    const rows = await query<{ action: string; outcome: string }>('SELECT DISTINCT action, outcome FROM audit_log');
    const done = rows.map((row) => `${row.action} ${row.outcome}`);
    expect(done).toEqual(
      expect.arrayContaining([
        'link.setup.accept ok',
        'session.start ok',
        'session.start denied',
        'user.invite ok',
        'user.change ok',
        'user.password ok',
        'user.password denied',
        'session.end ok',
      ]),
    );
  });

  it('forgets sessions and links a month after they could be used last, and nothing of the audit', async () => {
    const days = (count: number) => count * 24 * 3_600_000;
    const purge = () => new SessionsRetention(app.get(DataSource)).purge(clock.now(), new AbortController().signal);
    const count = async (of: string): Promise<number> =>
      Number((await query<{ n: string }>(`SELECT count(*) AS n FROM ${of}`))[0]?.n);
    const [ended, open] = [await count('sessions WHERE revoked_at IS NOT NULL'), await count('sessions')];
    const links = await count('one_time_links');
    expect([ended, open - ended, links].every((n) => n > 0)).toBe(true);
    expect(await purge()).toEqual({ sessions: 0, one_time_links: 0 });

    clock.advance(days(31));
    // Who was not signed out could have come back for another two weeks.
    expect(await purge()).toMatchObject({ sessions: ended });
    clock.advance(days(14));
    const present = cookieOf(await signIn('ada'));
    const audited = await count('audit_log');
    expect(await purge()).toMatchObject({ sessions: open - ended });
    expect([await count('sessions'), await count('one_time_links')]).toEqual([1, 0]);
    expect((await call('get', '/me', present)).status).toBe(200);
    expect(await count('audit_log')).toBe(audited);
  });
});
