import './v8-flags';
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import { AppModule } from './app.module';
import { ListeningOrigins } from './kernel/auth/listening-origins';
import { loadConfig, type Config } from './kernel/config/config';
import { errorCode } from './kernel/errors/error-code';
import { startFailure } from './kernel/errors/start-failure';
import { StartRefusedError } from './kernel/errors/start-refused';
import { Drain } from './kernel/http/drain';
import { configureHttp } from './kernel/http/http-app';
import { serveOpenApi } from './kernel/http/openapi';
import { secretRegistry } from './kernel/logging/secret-registry';

/** A connection that a browser keeps open must not hold up the end of the process for longer. */
const SHUTDOWN_LIMIT_MS = 45_000;
/** A download to somebody who reads slowly must not hold it up either. */
const DRAIN_LIMIT_MS = 10_000;
/** The address is taken, not ours, not to be had by name, or needs more rights. */
const LISTEN_PROBLEMS = new Set(['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN']);
/** Logs wait until the start went well: why it did not is told once, by `startFailure`. */
const untilStarted = { bufferLogs: true, autoFlushLogs: false, abortOnError: false } as const;

async function serve(config: Config): Promise<void> {
  const { TLS_CERT_FILE, TLS_KEY_FILE, HOST, PORT } = config.env;
  const httpsOptions =
    TLS_CERT_FILE === undefined || TLS_KEY_FILE === undefined
      ? undefined
      : { cert: readFileSync(TLS_CERT_FILE), key: readFileSync(TLS_KEY_FILE) };
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config), {
    // JSON alone is read (configureHttp); Nest would add forms.
    bodyParser: false,
    ...untilStarted,
    // What is open once requests have been answered waits for more of them.
    forceCloseConnections: true,
    ...(httpsOptions === undefined ? {} : { httpsOptions }),
  });
  configureHttp(app, config);
  serveOpenApi(app);
  const drain = new Drain(app.getHttpServer());
  stopOnSignals(async () => {
    await drain.drain(DRAIN_LIMIT_MS);
    await app.close();
  });
  await listen(app, HOST, PORT);
  app.flushLogs();
  const origins = app.get(ListeningOrigins);
  origins.listeningOn((app.getHttpServer().address() as AddressInfo).port);
  app.get(Logger).log({ origin: origins.primary() }, 'listening');
  process.send?.({ origin: origins.primary() });
}

async function listen(app: NestExpressApplication, host: string, port: number): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (cause) {
    const code = errorCode(cause);
    if (code === undefined || !LISTEN_PROBLEMS.has(code)) throw cause;
    const place = host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;
    throw new StartRefusedError(`${place} cannot be listened on (${code}): choose another HOST or PORT.`, { cause });
  }
}

async function work(config: Config): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule.forRoot(config), untilStarted);
  app.useLogger(app.get(Logger));
  stopOnSignals(() => app.close());
  await app.init();
  app.flushLogs();
  app.get(Logger).log('working');
}

function stopOnSignals(close: () => Promise<void>): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), SHUTDOWN_LIMIT_MS).unref();
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // Started by the launcher: when that dies without a word, so must this.
  if (process.send !== undefined) process.once('disconnect', stop);
}

async function main(): Promise<void> {
  // The environment is handed over here, once.
  const config = loadConfig(process.env);
  secretRegistry.register(config.env.DATABASE_URL);
  const password = new URL(config.env.DATABASE_URL).password;
  if (password !== '') secretRegistry.register(decodeURIComponent(password));
  await (config.servesHttp ? serve(config) : work(config));
}

main().catch((error: unknown) => {
  process.stderr.write(`${secretRegistry.mask(startFailure(error))}\n`);
  process.exit(1);
});
