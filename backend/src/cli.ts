import './v8-flags';
import 'reflect-metadata';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { AppModule } from './app.module';
import { enrol } from './enrol';
import { loadConfig, type Config } from './kernel/config/config';
import { contractFiles, EXAMPLES } from './kernel/contracts/contract-files';
import { Contracts } from './kernel/contracts/contracts';
import { migrate } from './kernel/database/migrate';
import { startFailure } from './kernel/errors/start-failure';
import { openApiDocument } from './kernel/http/openapi';
import { secretRegistry } from './kernel/logging/secret-registry';
import { LinksService } from './modules/accounts/links.service';
import { RestoredWork } from './modules/jobs/restored-work';

/**
 * Commands beside the server. What they are asked for goes to standard output, everything else to standard error:
 *
 *   cli.js migrate                     brings the database to this version
 *   cli.js setup-link [ORIGIN]         a one-time link that creates the first administrator; nothing when there is one
 *   cli.js enrol < INVENTORY.json     adds machines, with their host keys when the inventory names them
 *   cli.js restored                    once after the database was restored from a backup, before anything is started
 *   cli.js openapi FILE                writes the OpenAPI document
 *   cli.js contracts FOLDER            writes the JSON contracts that the program registers, with their index
 */
const commands: Readonly<Record<string, (config: Config, args: readonly string[]) => Promise<void>>> = {
  migrate: async (config) => {
    const report = await migrate({ url: config.env.DATABASE_URL });
    print(report.applied.length === 0 ? 'The database is up to date.' : `Applied: ${report.applied.join(', ')}`);
  },
  'setup-link': (config, [origin]) =>
    withApplication(config, async (app) => {
      const link = await app.get(LinksService).issueSetup(origin);
      if (link !== null) print(link.url);
    }),
  enrol: (config) =>
    withApplication(config, async (app) => {
      for (const line of await enrol(app, readFileSync(0, 'utf8'))) print(line);
    }),
  restored: (config) =>
    withApplication(config, async (app) => {
      const { epoch, ended, lookedFor } = await app.get(RestoredWork).begin();
      print(
        `A new epoch has begun (${String(epoch)}): machines take changes from this database again. ` +
          `Confirmed changes that do not begin any more: ${String(ended)}; that are looked for on their machines: ${String(lookedFor)}.`,
      );
    }),
  openapi: async (config, [file]) => {
    if (file === undefined) throw new UsageError('openapi FILE');
    const app = await NestFactory.create(AppModule.forRoot(config), {
      logger: ['error'],
      abortOnError: false,
      preview: true,
    });
    app.setGlobalPrefix('api');
    writeFileSync(file, `${JSON.stringify(openApiDocument(app), null, 2)}\n`);
  },
  contracts: (config, [folder]) => {
    if (folder === undefined) throw new UsageError('contracts FOLDER');
    const examples = new Set(readdirSync(path.join(folder, EXAMPLES)));
    return withApplication(config, (app) => {
      rmSync(path.join(folder, 'schemas'), { recursive: true, force: true });
      for (const [file, text] of contractFiles(app.get(Contracts).all(), examples)) {
        mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
        writeFileSync(path.join(folder, file), text);
      }
    });
  },
};

class UsageError extends Error {}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function withApplication(
  config: Config,
  work: (app: INestApplicationContext) => Promise<void> | void,
): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule.forRoot(config), {
    logger: ['error'],
    // A failure to start is told once, by `startFailure`.
    bufferLogs: true,
    autoFlushLogs: false,
    abortOnError: false,
  });
  app.flushLogs();
  try {
    await work(app);
  } finally {
    await app.close();
  }
}

async function main(): Promise<void> {
  const [name = '', ...args] = process.argv.slice(2);
  const command = commands[name];
  if (command === undefined) throw new UsageError(Object.keys(commands).join(' | '));
  // A command neither listens nor takes jobs, whatever the server's own role is.
  await command(loadConfig({ ...process.env, ROLE: 'api', LOG_LEVEL: 'error' }), args);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const usage = error instanceof UsageError;
    process.stderr.write(`${secretRegistry.mask(usage ? error.message : startFailure(error))}\n`);
    process.exit(usage ? 2 : 1);
  },
);
