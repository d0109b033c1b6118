import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Global, Module, type DynamicModule, type INestApplication, type Provider, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module';
import { ArtifactStore } from '../../src/kernel/artifacts/artifact-store';
import { AuditModule } from '../../src/kernel/audit/audit.module';
import type { Principal } from '../../src/kernel/auth/actor';
import { AuthModule } from '../../src/kernel/auth/auth.module';
import { ListeningOrigins } from '../../src/kernel/auth/listening-origins';
import { roles, type Role } from '../../src/kernel/auth/permissions';
import { SessionAuthenticator } from '../../src/kernel/auth/session-authenticator';
import { Clock, SystemClock } from '../../src/kernel/clock';
import { DatabaseClock, PostgresClock } from '../../src/kernel/database/database-clock';
import { loadConfig, type Config } from '../../src/kernel/config/config';
import { ConfigModule } from '../../src/kernel/config/config.module';
import { ContractsModule } from '../../src/kernel/contracts/contracts.module';
import { TransactionRunner } from '../../src/kernel/database/transaction';
import { EventsModule } from '../../src/kernel/events/events.module';
import { configureHttp } from '../../src/kernel/http/http-app';
import { FleetWatchers } from '../../src/kernel/live/fleet-watchers';
import { LiveBus, type LiveChange } from '../../src/kernel/live/live-bus';
import { LoggingModule } from '../../src/kernel/logging/logging.module';
import { Keyring } from '../../src/kernel/secrets/keyring';
import { SshConnectionFactory } from '../../src/kernel/ssh/ssh-connection-factory';
import { createTestDatabase, type TestDatabase } from './postgres';

/** Records what the rooms announce. */
export class RecordingLiveBus extends LiveBus {
  readonly changes: LiveChange[] = [];

  override announce(change: LiveChange): void {
    this.changes.push(change);
  }

  override listen(): () => void {
    return () => undefined;
  }
}

/** Refuses every connection that the test did not prepare by replacing the methods. */
export class UnexpectedSsh extends SshConnectionFactory {
  override connect(): Promise<never> {
    return Promise.reject(new Error('unexpected SSH connection'));
  }

  override scanHostKeys(): Promise<never> {
    return Promise.reject(new Error('unexpected scan of host keys'));
  }
}

/** Takes the name of a role for a session token. */
class RoleAuthenticator extends SessionAuthenticator {
  override authenticate(token: string): Promise<Principal | undefined> {
    const role = roles.find((name) => name === token);
    return Promise.resolve(role === undefined ? undefined : principalOf(role));
  }

  override recheck(token: string): Promise<Principal | undefined> {
    return this.authenticate(token);
  }
}

const userIds: Readonly<Record<Role, string>> = {
  viewer: '01900000-0000-7000-8000-000000000001',
  operator: '01900000-0000-7000-8000-000000000002',
  administrator: '01900000-0000-7000-8000-000000000003',
};

/** The person that {@link TestApp.as} signs in. */
export function principalOf(role: Role): Principal {
  return { userId: userIds[role], sessionId: `session-${role}`, username: role, displayName: `The ${role}`, role };
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
/** Sends a request to a path below `/api`. */
export type Client = Record<Method, (path: string, body?: object) => request.Test>;

export interface TestApp {
  readonly app: INestApplication;
  readonly database: TestDatabase;
  readonly dataSource: DataSource;
  readonly live: RecordingLiveBus;
  /** Requests of somebody with this role, with the CSRF header. */
  as(role: Role): Client;
  /** The same without any cookie. */
  readonly anonymous: Client;
  close(): Promise<void>;
}

export interface TestAppOptions {
  readonly imports: (Type | DynamicModule)[];
  readonly providers?: Provider[];
  /** Replaces what modules provide: `[token, value]`. */
  readonly overrides?: readonly (readonly [unknown, unknown])[];
  /** Default: a database of its own, dropped by `close()`. */
  readonly database?: TestDatabase;
  /** Default: fails on every use. */
  readonly ssh?: SshConnectionFactory;
  readonly clock?: Clock;
  readonly keyring?: Keyring;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A keyring of a fresh random key. */
export function testKeyring(): Keyring {
  return new Keyring([{ id: 'test', bytes: randomBytes(32) }]);
}

function rolesModule(parts: Provider[]): DynamicModule {
  @Global()
  @Module({})
  class TestKernelModule {}
  const tokens = parts.map((part) => (typeof part === 'function' ? part : part.provide));
  return { module: TestKernelModule, providers: parts, exports: tokens };
}

/**
 * Starts an application of some rooms on a real database and a loopback port, with everything that HTTP needs in front,
 * and a sign-in that takes the role for the session.
 */
export async function createTestApp(options: TestAppOptions): Promise<TestApp> {
  const database = options.database ?? (await createTestDatabase());
  const dataSource = await database.dataSource();
  const live = new RecordingLiveBus();
  const config = loadConfig({ DATABASE_URL: database.url, PORT: '0', LOG_LEVEL: 'silent', ...options.environment });
  const kernel = rolesModule([
    { provide: DataSource, useValue: dataSource },
    { provide: TransactionRunner, useValue: new TransactionRunner(dataSource) },
    { provide: Clock, useValue: options.clock ?? new SystemClock() },
    { provide: DatabaseClock, useClass: PostgresClock },
    { provide: Keyring, useValue: options.keyring ?? testKeyring() },
    { provide: LiveBus, useValue: live },
    FleetWatchers,
    { provide: SshConnectionFactory, useValue: options.ssh ?? new UnexpectedSsh() },
    { provide: SessionAuthenticator, useClass: RoleAuthenticator },
    { provide: ArtifactStore, useValue: new ArtifactStore(config) },
  ]);
  const shared = [ConfigModule.forRoot(config), LoggingModule.forRoot(config), AuthModule];
  const builder = Test.createTestingModule({
    imports: [...shared, kernel, EventsModule, AuditModule, ContractsModule, ...options.imports],
    providers: options.providers ?? [],
  });
  for (const [token, value] of options.overrides ?? []) builder.overrideProvider(token as Type).useValue(value);
  const app = (await builder.compile()).createNestApplication({ bufferLogs: true, bodyParser: false });
  return start(app, config, { database, dataSource, live }, options.database === undefined);
}

/**
 * Starts the whole program as it serves HTTP, jobs apart, on a database of its own; but for the sign-in, which takes the
 * role for the session.
 */
export async function createWholeApp(): Promise<TestApp> {
  const database = await createTestDatabase();
  const dataDir = mkdtempSync(path.join(tmpdir(), 'su-whole-'));
  const settings = { DATABASE_URL: database.url, DATA_DIR: dataDir, ROLE: 'api', PORT: '0', LOG_LEVEL: 'silent' };
  const config = loadConfig(settings);
  const live = new RecordingLiveBus();
  const module = await Test.createTestingModule({ imports: [AppModule.forRoot(config)] })
    .overrideProvider(SessionAuthenticator)
    .useClass(RoleAuthenticator)
    .overrideProvider(LiveBus)
    .useValue(live)
    .overrideProvider(SshConnectionFactory)
    .useValue(new UnexpectedSsh())
    .compile();
  const app = module.createNestApplication({ bufferLogs: true, bodyParser: false });
  const test = await start(app, config, { database, dataSource: app.get(DataSource), live }, true);
  const close = async (): Promise<void> => {
    await test.close();
    rmSync(dataDir, { recursive: true });
  };
  return { ...test, close };
}

type Parts = Pick<TestApp, 'database' | 'dataSource' | 'live'>;

async function start(app: INestApplication, config: Config, parts: Parts, ownsDatabase: boolean): Promise<TestApp> {
  configureHttp(app, config);
  await app.listen(0, '127.0.0.1');
  const port = Number(new URL(await app.getUrl()).port);
  app.get(ListeningOrigins).listeningOn(port);
  const base = `http://127.0.0.1:${String(port)}/api`;
  return {
    app,
    ...parts,
    as: (role) => clientOf(base, `system_update_session=${role}`),
    anonymous: clientOf(base, undefined),
    close: async () => {
      await app.close();
      if (ownsDatabase) await parts.database.drop();
    },
  };
}

function clientOf(base: string, cookie: string | undefined): Client {
  const send = (method: Method) => (path: string, body?: object) => {
    const prepared = request(base)[method](path).set('X-System-Update', '1');
    if (cookie !== undefined) void prepared.set('Cookie', cookie);
    if (body !== undefined) void prepared.send(body);
    return prepared;
  };
  return { get: send('get'), post: send('post'), put: send('put'), patch: send('patch'), delete: send('delete') };
}
