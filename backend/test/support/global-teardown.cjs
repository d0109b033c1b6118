'use strict';

const fs = require('node:fs');
const { Client } = require('pg');

/** Stops the run's own server with everything in it; on a foreign server only this run's databases are dropped. */
module.exports = async function globalTeardown() {
  const server = globalThis.__testPostgres;
  globalThis.__testPostgres = undefined;
  if (!server) {
    await dropDatabases(process.env.TEST_DATABASE_URL, process.env.TEST_RUN_ID);
    return;
  }
  delete process.env.TEST_DATABASE_URL;
  await server.stop();
  for (const left of [server.dataDir, `${server.dataDir}.log`]) fs.rmSync(left, { recursive: true, force: true });
};

async function dropDatabases(url, runId) {
  if (!url || !runId) return;
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query('SELECT datname FROM pg_database WHERE datname LIKE $1', [
      `su\\_%\\_${runId}%`,
    ]);
    for (const { datname } of rows) await client.query(`DROP DATABASE IF EXISTS "${datname}" WITH (FORCE)`);
  } finally {
    await client.end();
  }
}
