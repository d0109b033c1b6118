'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { removeAbandoned, startPostgres } = require('../../../tools/postgres/embedded.cjs');

/**
 * One PostgreSQL server for the whole run; `TEST_DATABASE_URL` (somebody who may create databases) names another one.
 * Workers inherit the address through the environment.
 */
module.exports = async function globalSetup() {
  process.env.TEST_RUN_ID ??= `${process.pid}_${Date.now().toString(36)}`;
  if (process.env.TEST_DATABASE_URL || globalThis.__testPostgres) return;
  const home = path.join(os.tmpdir(), `system-update-tests-${process.getuid?.() ?? 0}`);
  fs.mkdirSync(home, { recursive: true, mode: 0o755 });
  await removeAbandoned(home);
  const dataDir = path.join(home, process.env.TEST_RUN_ID);
  globalThis.__testPostgres = await startPostgres({ dataDir, durable: false, logFile: `${dataDir}.log` });
  process.env.TEST_DATABASE_URL = globalThis.__testPostgres.url;
};
