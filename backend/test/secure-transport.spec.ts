import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { WebSocket } from 'ws';
import { createTestDatabase, type TestDatabase } from './support/postgres';
import { AccountsModule } from '../src/modules/accounts/accounts.module';
import { LinksService } from '../src/modules/accounts/links.service';
import { loadConfig } from '../src/kernel/config/config';
import { configureHttp } from '../src/kernel/http/http-app';
import { KernelModule } from '../src/kernel/kernel.module';

const PUBLIC_URL = 'https://su.example';
const sender = { username: 'ada', password: 'a password of this test' };

describe('where HTTPS ends at a proxy', () => {
  let database: TestDatabase;
  let folder: string;
  const running: INestApplication[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(path.join(tmpdir(), 'su-transport-'));
  });
  afterAll(async () => {
    for (const app of running) await app.close();
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  async function serveBehind(proxies: string): Promise<Server> {
    const settings = { DATABASE_URL: database.url, DATA_DIR: folder, LOG_LEVEL: 'silent', DATABASE_POOL_SIZE: '3' };
    const config = loadConfig({ ...settings, PUBLIC_URL, TRUSTED_PROXIES: proxies });
    const module = await Test.createTestingModule({
      imports: [KernelModule.forRoot(config), AccountsModule],
    }).compile();
    const app = module.createNestApplication({ bufferLogs: true, bodyParser: false });
    running.push(app);
    configureHttp(app, config);
    await app.listen(0, '127.0.0.1');
    return app.getHttpServer() as Server;
  }

  const signIn = (server: Server, headers: Record<string, string>) =>
    request(server)
      .post('/api/sessions')
      .set({ Host: 'su.example', 'X-System-Update': '1', ...headers })
      .send(sender);

  function upgraded(server: Server, headers: Record<string, string>): Promise<number> {
    const { port } = server.address() as AddressInfo;
    const all = { Host: 'su.example', Origin: PUBLIC_URL, ...headers };
    const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/ws/live`, { headers: all });
    socket.on('error', () => undefined);
    return new Promise((resolve) => {
      socket.once('open', () => {
        socket.close();
        resolve(101);
      });
      socket.once('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      });
    });
  }

  it('answers nobody who comes past it, whatever he says of himself', async () => {
    const server = await serveBehind('127.0.0.9');
    for (const headers of [{}, { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '127.0.0.9' }]) {
      const { status, body, headers: answered } = await signIn(server, headers);
      expect([status, body]).toMatchObject([421, { code: 'https_required' }]);
      expect(answered['set-cookie']).toBeUndefined();
      expect(await upgraded(server, headers)).toBe(421);
    }
    expect((await request(server).get('/api/health/live')).status).toBe(200);
    expect((await request(server).get('/').set('Host', 'su.example')).status).toBe(421);
  });

  it.each(['127.0.0.1', '10.0.0.0/8, 127.0.0.0/8'])(
    'answers what comes over HTTPS to the proxy %s',
    async (proxies) => {
      const server = await serveBehind(proxies);
      const app = running.at(-1);
      const link = await app?.get(LinksService).issueSetup(PUBLIC_URL);
      if (link !== null && link !== undefined) {
        const token = link.url.split('#token=')[1];
        const https = { Host: 'su.example', 'X-System-Update': '1', 'X-Forwarded-Proto': 'https' };
        expect(
          (
            await request(server)
              .post('/api/links/accept')
              .set(https)
              .send({ ...sender, token })
          ).status,
        ).toBe(200);
      }
      const { status, headers } = await signIn(server, { 'X-Forwarded-Proto': 'https' });
      expect(status).toBe(200);
      const cookie = String(headers['set-cookie']);
      expect(cookie).toMatch(/^__Host-system_update=.*Secure/);
      expect(await upgraded(server, { 'X-Forwarded-Proto': 'https', Cookie: cookie.split(';')[0] ?? '' })).toBe(101);
      for (const plain of [{}, { 'X-Forwarded-Proto': 'http' }, { 'X-Forwarded-Proto': 'http, https' }]) {
        expect((await signIn(server, plain)).status).toBe(421);
        expect(await upgraded(server, { Cookie: cookie.split(';')[0] ?? '', ...plain })).toBe(421);
      }
    },
  );
});
