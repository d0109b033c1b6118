import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import request from 'supertest';
import { WebSocket } from 'ws';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { until } from '../../../test/support/ssh-wait';
import { ListeningOrigins } from '../../kernel/auth/listening-origins';
import { Clock } from '../../kernel/clock';
import { loadConfig } from '../../kernel/config/config';
import { configureHttp } from '../../kernel/http/http-app';
import { KernelModule } from '../../kernel/kernel.module';
import { LiveBus } from '../../kernel/live/live-bus';
import { AccountsModule } from './accounts.module';
import { LinksService } from './links.service';
import { SessionsRepository } from './sessions.repository';

const HOUR = 3_600_000;

class TestClock extends Clock {
  private time = Date.parse('2026-06-01T12:00:00Z');
  now(): Date {
    return new Date(this.time);
  }
  advance(ms: number): void {
    this.time += ms;
  }
}

describe('a session whose page stays open', () => {
  let database: TestDatabase;
  let folder: string;
  let app: NestExpressApplication;
  const clock = new TestClock();

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = mkdtempSync(path.join(tmpdir(), 'su-idle-'));
    const settings = { DATABASE_URL: database.url, DATA_DIR: folder, LOG_LEVEL: 'silent', DATABASE_POOL_SIZE: '5' };
    const config = loadConfig(settings);
    const module = await Test.createTestingModule({ imports: [KernelModule.forRoot(config), AccountsModule] })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    app = module.createNestApplication<NestExpressApplication>({ bufferLogs: true, bodyParser: false });
    configureHttp(app, config);
    await app.listen(0, '127.0.0.1');
    app.get(ListeningOrigins).listeningOn(port());
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  const port = (): number => (app.getHttpServer().address() as AddressInfo).port;
  const origin = (): string => `http://127.0.0.1:${String(port())}`;

  async function signedIn(): Promise<{ cookie: string; userId: string }> {
    const link = await app.get(LinksService).issueSetup(origin());
    const answer = await request(`${origin()}/api`)
      .post('/links/accept')
      .set('X-System-Update', '1')
      .send({
        token: link?.url.split('#token=')[1] ?? '',
        password: 'a long enough password',
        username: 'ada',
        displayName: 'Ada L.',
      })
      .expect(200);
    const cookie = (answer.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
    return { cookie, userId: (answer.body as { id: string }).id };
  }

  it('ends by idleness all the same: to be asked whether a socket may stay is no sign of the person', async () => {
    const { cookie, userId } = await signedIn();
    const asked = jest.spyOn(app.get(SessionsRepository), 'find');
    const open = async (): Promise<{ closed?: number; messages: string[] }> => {
      const socket = new WebSocket(`${origin().replace('http', 'ws')}/ws/live`, {
        headers: { Origin: origin(), Cookie: cookie },
      });
      const seen: { closed?: number; messages: string[] } = { messages: [] };
      socket.on('message', (data: Buffer) => seen.messages.push(data.toString()));
      socket.on('close', (code) => (seen.closed = code));
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      return seen;
    };
    const first = await open();
    clock.advance(7 * HOUR);
    const recheck = async (sockets: number): Promise<void> => {
      asked.mockClear();
      app.get(LiveBus).announce({ userIds: [userId] });
      await until('they are asked about', () => asked.mock.results.length >= sockets);
      await Promise.all(asked.mock.results.map(({ value }) => value as unknown));
    };
    await recheck(1);
    // Another connection of the same page, as after a lost network.
    const second = await open();
    clock.advance(6 * HOUR);
    await recheck(2);
    await until('both are put out', () => first.closed !== undefined && second.closed !== undefined);
    expect([first.closed, second.closed]).toEqual([4401, 4401]);
    expect(first.messages.some((message) => message.includes('session.ended'))).toBe(true);
  });
});
