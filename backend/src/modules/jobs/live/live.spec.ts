import { Logger } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { ConnectedSocket, SubscribeMessage } from '@nestjs/websockets';
import { WebSocket } from 'ws';
import { answer, fakeAction, FakeRemote, gate, READING } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { createTestApp, principalOf, type TestApp } from '../../../../test/support/test-app';
import { RequirePermission } from '../../../kernel/auth/access.decorators';
import { systemActor, type Principal } from '../../../kernel/auth/actor';
import type { Role } from '../../../kernel/auth/permissions';
import { SessionAuthenticator } from '../../../kernel/auth/session-authenticator';
import { LiveBus } from '../../../kernel/live/live-bus';
import { sendEvent, type LiveClient } from '../../../kernel/live/live-client';
import { LiveTopic } from '../../../kernel/live/live-topic';
import { LiveMessages } from '../../../kernel/live/live-messages';
import { LiveGateway } from '../../../kernel/live/live.gateway';
import { PostgresLiveBus } from '../../../kernel/live/postgres-live-bus';
import { QueueModule } from '../../../kernel/queue/queue.module';
import { HistoryModule } from '../../history/history.module';
import { MachinesModule } from '../../machines/machines.module';
import type { JobDto, LogLineDto } from '../dto/jobs.dto';
import { JobAction } from '../actions/job-action';
import { JobsModule } from '../jobs.module';
import { RemoteRunner } from '../worker/remote-runner';

/** An id of no job. */
const NOBODY = '0193c3a0-0000-7000-8000-000000000000';

/** Sessions that a test can end and change. */
class Sessions extends SessionAuthenticator {
  readonly roles = new Map<string, Role>([
    ['viewer', 'viewer'],
    ['operator', 'operator'],
  ]);

  override authenticate(token: string): Promise<Principal | undefined> {
    return this.recheck(token);
  }

  override recheck(token: string): Promise<Principal | undefined> {
    const role = this.roles.get(token);
    return Promise.resolve(role === undefined ? undefined : { ...principalOf('viewer'), role });
  }
}

@JobAction()
class FakeReadingAction {
  readonly declaration = fakeAction().declaration;
  readonly script = fakeAction().script;
  readonly collect = fakeAction().collect;
}

@LiveTopic()
class ForAdministrators {
  @SubscribeMessage('secret')
  @RequirePermission('users.manage')
  tell(@ConnectedSocket() client: LiveClient): void {
    sendEvent(client, 'secret', {});
  }
}

interface Message {
  readonly event: string;
  readonly data: unknown;
}

class Browser {
  readonly messages: Message[] = [];
  closed: number | undefined;
  private readonly socket: WebSocket;

  constructor(port: number, headers: Record<string, string>) {
    this.socket = new WebSocket(`ws://127.0.0.1:${String(port)}/ws/live`, { headers });
    this.socket.on('message', (data: Buffer) => this.messages.push(JSON.parse(data.toString()) as Message));
    this.socket.on('close', (code) => (this.closed = code));
    this.socket.on('error', () => undefined);
  }

  /** @returns 101, or the status of the refusal */
  upgraded(): Promise<number> {
    return new Promise((resolve) => {
      this.socket.once('open', () => resolve(101));
      this.socket.once('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      });
    });
  }

  send(event: string, data: unknown): void {
    this.socket.send(JSON.stringify({ event, data }));
  }

  sendRaw(frame: string | Buffer): void {
    this.socket.send(frame);
  }

  of<T>(event: string): T[] {
    return this.messages.filter((message) => message.event === event).map(({ data }) => data as T);
  }

  lines(jobId: string): LogLineDto[] {
    return this.of<{ jobId: string; lines: LogLineDto[] }>('job.log')
      .filter((log) => log.jobId === jobId)
      .flatMap(({ lines }) => lines);
  }

  close(): void {
    this.socket.close();
  }
}

let database: TestDatabase;
let dataSource: DataSource;
let app: TestApp;
let bus: PostgresLiveBus;
let worker: JobsProcess;
let port: number;
const sessions = new Sessions();
const browsers: Browser[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
  dataSource = await database.dataSource();
  bus = new PostgresLiveBus(dataSource, database.url, { collectMs: 10, checkLostMs: 500 });
  await bus.start();
  app = await createTestApp({
    database,
    imports: [DiscoveryModule, QueueModule, MachinesModule, HistoryModule, JobsModule],
    providers: [LiveGateway, LiveMessages, FakeReadingAction, ForAdministrators],
    environment: { ROLE: 'api' },
    overrides: [
      [LiveBus, bus],
      [SessionAuthenticator, sessions],
      [RemoteRunner, new FakeRemote()],
    ],
  });
  port = (app.app.getHttpServer() as { address(): { port: number } }).address().port;
  // The jobs run in another process than the one that serves the browsers.
  worker = await JobsProcess.open(database.url, [fakeAction()]);
  worker.work();
});

afterEach(() => {
  for (const browser of browsers.splice(0)) browser.close();
});

afterAll(async () => {
  await app.close();
  await worker.close();
  await bus.stop();
  await database.drop();
});

function connect(headers: Record<string, string> = {}): Browser {
  const origin = `http://127.0.0.1:${String(port)}`;
  const browser = new Browser(port, { Origin: origin, Cookie: 'system_update_session=viewer', ...headers });
  browsers.push(browser);
  return browser;
}

async function connected(headers: Record<string, string> = {}): Promise<Browser> {
  const browser = connect(headers);
  expect(await browser.upgraded()).toBe(101);
  return browser;
}

async function startJob(machineId: string): Promise<string> {
  const response = await app.as('operator').post(`/machines/${machineId}/actions/${READING}`, {});
  expect(response.status).toBe(202);
  return (response.body as JobDto).id;
}

describe('the live socket', () => {
  it('refuses a foreign origin, none, and whoever is not signed in', async () => {
    expect(await connect({ Origin: 'http://evil.example' }).upgraded()).toBe(403);
    expect(await connect({ Origin: `http://127.0.0.1:${String(port + 1)}` }).upgraded()).toBe(403);
    expect(await connect({ Origin: '' }).upgraded()).toBe(403);
    expect(await connect({ Cookie: 'system_update_session=stranger' }).upgraded()).toBe(401);
    expect(await connect({ Cookie: 'other=viewer' }).upgraded()).toBe(401);
  });

  it.each<[string, string]>([
    ['invalid_input', 'not json'],
    ['invalid_input', 'null'],
    ['invalid_input', '5'],
    ['invalid_input', '[]'],
    ['invalid_input', '{}'],
    ['invalid_input', '{"event":5}'],
    ['invalid_input', '{"event":"ping","data":{},"zz":1}'],
    ['invalid_input', '{"event":"ping","data":{"zz":1}}'],
    ['invalid_input', '{"event":"ping","data":null}'],
    ['invalid_input', '{"event":"watch.fleet","data":{"zz":1}}'],
    ['invalid_input', '{"event":"watch.fleet","data":[]}'],
    ['invalid_input', '{"event":"watch.fleet","data":"x"}'],
    ['invalid_input', '{"event":"watch.fleet","data":{"toString":1}}'],
    ['invalid_input', '{"event":"watch.job","data":{"jobId":"x","after":-1}}'],
    ['invalid_input', `{"event":"watch.job","data":{"jobId":"${NOBODY}","after":1e300}}`],
    ['invalid_input', `{"event":"watch.job","data":{"jobId":"${NOBODY}","constructor":{}}}`],
    ['invalid_input', `{"event":"watch.job","data":{"jobId":"${NOBODY}","__proto__":{}}}`],
    ['not_found', `{"event":"watch.job","data":{"jobId":"${NOBODY}","after":0}}`],
    ['unknown_event', '{"event":"nonsense","data":{}}'],
    ['unknown_event', '{"event":"__proto__","data":{}}'],
    ['unknown_event', '{"event":"constructor"}'],
  ])('answers %s to %s, and stays open', async (code, frame) => {
    const browser = await connected();
    browser.sendRaw(frame);
    await until('the refusal', () => browser.of('error').length > 0);
    browser.sendRaw('{"event":"ping"}');
    await until('the pong', () => browser.of('pong').length > 0);
    expect(browser.of<{ code: string }>('error').map((error) => error.code)).toEqual([code]);
    expect(browser.of('pong')).toHaveLength(1);
    expect(browser.closed).toBeUndefined();
  });

  it('answers a binary frame that nobody can read', async () => {
    const browser = await connected();
    browser.sendRaw(Buffer.from([0, 255, 1]));
    await until('the refusal', () => browser.of('error').length === 1);
    expect(browser.of('error')).toEqual([expect.objectContaining({ code: 'invalid_input' })]);
  });

  it('asks for the permission of each message', async () => {
    const browser = await connected();
    browser.send('secret', {});
    await until('the refusal', () => browser.of('error').length === 1);
    expect(browser.of('error')).toEqual([expect.objectContaining({ code: 'not_permitted' })]);
    expect(browser.of('secret')).toEqual([]);
  });

  it('closes on a frame that is too large, which is no fault of ours', async () => {
    const logged = { log: jest.fn(), warn: jest.fn(), error: jest.fn() };
    Logger.overrideLogger(logged);
    try {
      const browser = await connected();
      browser.send('ping', { padding: 'x'.repeat(100_000) });
      await until('it is closed', () => browser.closed !== undefined);
      expect(browser.closed).toBe(1009);
      expect(logged.error).not.toHaveBeenCalled();
      expect(logged.warn).not.toHaveBeenCalled();
    } finally {
      Logger.overrideLogger(false);
    }
  });

  it('ends when the session is revoked, and when the role changes', async () => {
    const browser = await connected();
    sessions.roles.set('viewer', 'operator');
    bus.announce({ userIds: [principalOf('viewer').userId] });
    await until('it is closed', () => browser.closed !== undefined);
    expect(browser.closed).toBe(4403);
    sessions.roles.set('viewer', 'viewer');

    const again = await connected();
    const untouched = await connected({ Cookie: 'system_update_session=operator' });
    sessions.roles.delete('viewer');
    // As another process tells it.
    worker.bus.announce({ userIds: [principalOf('viewer').userId] });
    await until('it is closed', () => again.closed !== undefined);
    sessions.roles.set('viewer', 'viewer');
    expect(again.closed).toBe(4401);
    expect(again.of('session.ended')).toHaveLength(1);
    expect(untouched.closed).toBeUndefined();
  });

  it('lets one person have no more than twenty', async () => {
    for (let n = 0; n < 20; n += 1) await connected();
    expect(await connect().upgraded()).toBe(429);
  });
});

describe('jobs, live', () => {
  it('brings every line once and in order, across processes, reloads and pauses', async () => {
    const machineId = await worker.machine();
    const TOTAL = 600;
    const [middle, end] = [gate(), gate()];
    worker.remote.on(machineId, async (run) => {
      run.onSection({ name: 'look', phase: 'begin' });
      const print = (from: number, to: number): void => {
        for (let n = from; n < to; n += 1)
          run.onOutput({ section: 'look', stream: 'stdout', text: `line ${String(n)}\n` });
      };
      print(0, TOTAL / 2);
      await middle.opened;
      print(TOTAL / 2, TOTAL);
      await end.opened;
      return answer({ look: '' });
    });
    const jobId = await startJob(machineId);
    const first = await connected();
    first.send('watch.job', { jobId, after: 0 });
    await until('half of it', () => first.lines(jobId).filter(({ stream }) => stream === 'out').length === TOTAL / 2);
    const seen = first.lines(jobId);
    first.close();
    middle.open();
    await until('more is written', async () => ((await worker.logs.read(jobId, 0, 1))?.lastSeq ?? 0) > TOTAL);

    const second = await connected();
    second.send('watch.job', { jobId, after: seen.at(-1)?.seq ?? 0 });
    end.open();
    await until('the end', () => second.of<JobDto>('job').some(({ id, status }) => id === jobId && status === 'ok'));
    const { lastSeq } = (await worker.reader.find(jobId)) ?? { lastSeq: -1 };
    await until('the last line', () => second.lines(jobId).at(-1)?.seq === lastSeq);
    const all = [...seen, ...second.lines(jobId)];
    expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: lastSeq }, (_value, index) => index + 1));
    expect(all.filter(({ stream }) => stream === 'out').map(({ text }) => text)).toEqual(
      Array.from({ length: TOTAL }, (_value, n) => `line ${String(n)}`),
    );
    const page = await app.as('viewer').get(`/jobs/${jobId}/log?after=${String(lastSeq - 2)}`);
    expect(page.body).toMatchObject({ lastSeq, ended: true, lines: [{ seq: lastSeq - 1 }, { seq: lastSeq }] });
  });

  it('shows every job and tile to whoever watches the fleet, and stops when unwatched', async () => {
    const machineId = await worker.machine('watched');
    worker.remote.on(machineId, () => answer({ look: '' }));
    const browser = await connected();
    browser.send('watch.fleet', {});
    browser.send('ping', {});
    await until('it watches', () => browser.of('pong').length === 1);
    const jobId = await startJob(machineId);
    const states = () =>
      browser
        .of<JobDto>('job')
        .filter(({ id }) => id === jobId)
        .map(({ status }) => status);
    await until('its end is seen', () => states().includes('ok'));
    expect(states()[0]).not.toBe('ok');
    const tiles = () => browser.of<{ id: string; runningJob: unknown }>('machine').filter(({ id }) => id === machineId);
    await until('the tile is free again', () => tiles().at(-1)?.runningJob === null);
    expect(browser.lines(jobId)).toEqual([]);
  });

  it('asks for permissions, and tells what can be started', async () => {
    const machineId = await worker.machine();
    expect((await app.as('viewer').post(`/machines/${machineId}/actions/${READING}`, {})).status).toBe(403);
    expect((await app.anonymous.get('/jobs')).status).toBe(401);
    const actions = await app.as('viewer').get('/actions');
    expect(actions.body).toEqual([expect.objectContaining({ name: READING, kind: 'read', risk: 'none' })]);
    const wrong = await app
      .as('operator')
      .post(`/machines/${machineId}/actions/${READING}`, { parameters: { number: '$(id)' } });
    expect(wrong.body).toMatchObject({ status: 400, code: 'invalid_input', errors: [{ field: 'parameters.number' }] });
    const unknown = await app.as('operator').post(`/machines/${machineId}/actions/${READING}`, { urgent: true });
    expect(unknown.status).toBe(400);
  });

  it('lists jobs page by page', async () => {
    const machineId = await worker.machine();
    worker.remote.on(machineId, () => answer({ look: '' }));
    const ids: string[] = [];
    for (const number of [1, 2, 3]) {
      const request = { machineId, action: READING, parameters: { number }, requestedBy: systemActor };
      ids.unshift((await worker.service.enqueue(request)).job.id);
    }
    const viewer = app.as('viewer');
    const first = await viewer.get(`/jobs?machineId=${machineId}&limit=2`);
    const page = first.body as { items: JobDto[]; nextCursor: string };
    const second = await viewer.get(`/jobs?machineId=${machineId}&limit=2&cursor=${page.nextCursor}`);
    const rest = second.body as { items: JobDto[]; nextCursor: string | null };
    expect([...page.items, ...rest.items].map(({ id }) => id)).toEqual(ids);
    expect(rest.nextCursor).toBeNull();
    expect((await viewer.get('/jobs?cursor=nonsense')).status).toBe(400);
    expect((await viewer.get('/jobs?status=wrong')).status).toBe(400);
    expect((await viewer.get('/jobs?status=ok,error')).status).toBe(200);
    expect((await viewer.get('/jobs/waiting?cursor=nonsense')).status).toBe(400);
    expect((await viewer.get('/jobs/waiting?limit=1')).body).toMatchObject({ items: [expect.anything()] });
    const activity = await viewer.get('/jobs/activity');
    expect(Object.keys(activity.body as object)).toEqual([
      'running',
      'waiting',
      'recent',
      'runningCount',
      'waitingCount',
      'waitingCursor',
    ]);
    expect((await app.as('operator').post(`/jobs/${ids[0] ?? ''}/cancel`)).status).toBeLessThan(410);
  });
});
