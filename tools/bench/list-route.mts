import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { root } from '../launch/paths.mts';

/** The baseline of the dashboard: the product's own statement, its rows as JSON, and nothing else. */
const require = createRequire(import.meta.url);
require('reflect-metadata');
const express = require('express') as typeof import('express');
const pg = require('pg') as typeof import('pg');
const { machineListStatement } = require(
  path.join(root, 'dist/backend/src/modules/machines/machine-list.statement.js'),
) as { machineListStatement: (filter: object, indexStaleDays: number) => { sql: string; params: unknown[] } };

const filter = {
  sort: 'need',
  limit: 200,
  archived: false,
  status: ['active'],
  state: ['security', 'updates'],
  q: 'web',
};

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] });
const app = express();
app.get('/', async (_request, response) => {
  const { sql, params } = machineListStatement(filter, 7);
  response.json((await pool.query<object>(sql, params)).rows);
});
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
});
process.on('disconnect', () => process.exit(0));
