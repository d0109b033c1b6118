import { Contracts } from '../contracts/contracts';
import { document } from '../contracts/schemas';
import { jsonWrites, refuseBareJson } from './json-writes';

const contracts = new Contracts();
const contractOf = (name: string, ...columns: string[]) =>
  contracts.register({ name, title: name, description: name, columns, versions: { 1: { body: document(1, {}) } } });
contractOf('steps', 'jobs.steps_json');
contractOf('other', 'snapshots.payload_json');
const steps = contracts.document('steps', {});
const other = contracts.document('other', {});

const columns = (sql: string) =>
  jsonWrites(sql).map(({ table, column, values, harmless }) =>
    [`${table}.${column}`, ...(harmless ? ['harmless'] : values)].join(' '),
  );

it.each([
  ['INSERT INTO jobs (id, steps_json, name) VALUES ($1, $2, $3)', ['jobs.steps_json 2']],
  [
    'insert into public."jobs" as j ("id", "steps_json") values ($1, $2::jsonb), ($3, NULL)',
    ['jobs.steps_json 2', 'jobs.steps_json harmless'],
  ],
  ['INSERT INTO t (a_json, b) SELECT $1::jsonb, x FROM y', ['t.a_json 1']],
  ['INSERT INTO t (a_json) SELECT payload_json FROM y', ['t.a_json']],
  ['INSERT INTO t (a_json) SELECT jsonb_build_object(1, $2, $3) FROM y', ['t.a_json 2 3']],
  ["INSERT INTO t (a_json) VALUES ('{}')", ['t.a_json']],
  [
    'INSERT INTO t (id, a_json) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET a_json = excluded.a_json',
    ['t.a_json 2', 't.a_json harmless'],
  ],
  [
    'INSERT INTO t (id, a_json) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET a_json = $3',
    ['t.a_json 2', 't.a_json 3'],
  ],
  ['UPDATE jobs j SET name = $1, steps_json = $2::jsonb, n = n + 1 WHERE id = $3', ['jobs.steps_json 2']],
  [
    'UPDATE ONLY jobs SET steps_json = COALESCE($7::jsonb, steps_json) WHERE x = (SELECT a FROM b)',
    ['jobs.steps_json 7'],
  ],
  ['UPDATE jobs SET steps_json = NULL, result_json = steps_json', ['jobs.steps_json harmless', 'jobs.result_json']],
  ['UPDATE jobs SET (a, steps_json) = ($1, $2)', ['jobs.steps_json 1 2']],
  [
    'WITH x AS (UPDATE jobs SET steps_json = $1 RETURNING id), y AS (INSERT INTO t (a_json) SELECT $2 FROM x) SELECT 1',
    ['jobs.steps_json 1', 't.a_json 2'],
  ],
  [
    'MERGE INTO jobs USING t ON true WHEN MATCHED THEN UPDATE SET steps_json = t.x',
    ['jobs.steps_json', 'jobs.steps_json'],
  ],
  ['INSERT INTO jobs SELECT id, steps_json FROM t', ['jobs.*_json']],
  ['SELECT steps_json FROM jobs WHERE payload_json = $1::jsonb FOR UPDATE OF jobs', []],
  ["SELECT 'UPDATE jobs SET steps_json = 1' -- INSERT INTO t (a_json) VALUES (1)", []],
  ['DELETE FROM jobs WHERE steps_json IS NULL', []],
])('%s', (sql, expected) => {
  expect(columns(sql)).toEqual(expected);
});

it('lets documents of the column through, and nothing else', () => {
  const update = 'UPDATE jobs SET steps_json = $1 WHERE id = $2';
  refuseBareJson(update, [steps, 'x']);
  refuseBareJson(update, [null, 'x']);
  refuseBareJson('UPDATE jobs SET steps_json = ($1::jsonb[])[1]', [[steps, null]]);
  refuseBareJson('SELECT 1 FROM jobs WHERE steps_json = $1', ['{}']);
  for (const bare of ['{"schema_version":1}', { schema_version: 1 }, [steps, '{}'], 7, undefined]) {
    expect(() => refuseBareJson(update, [bare, 'x'])).toThrow('jobs.steps_json takes documents of a contract only');
  }
  expect(() => refuseBareJson(update, [other, 'x'])).toThrow('other does not belong there');
  expect(() => refuseBareJson("UPDATE jobs SET steps_json = '[]'", [])).toThrow('from no bound value');
  expect(() => refuseBareJson('UPDATE jobs SET steps_json = t.x FROM t', [])).toThrow('from no bound value');
  // Without names of columns nobody sees whether one of them is such a column.
  for (const nameless of ['INSERT INTO jobs VALUES ($1, $2)', 'insert into "public"."jobs" as j\n select $1, $2']) {
    expect(() => refuseBareJson(nameless, ['x', '{}'])).toThrow('jobs.*_json takes documents of a contract only');
  }
  refuseBareJson('INSERT INTO tags (id, name) VALUES ($1, $2)', ['x', 'y']);
  refuseBareJson('INSERT INTO installation DEFAULT VALUES', []);
});
