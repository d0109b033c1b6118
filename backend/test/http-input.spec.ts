import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Response } from 'supertest';
import { queryOne, queryRows } from '../src/kernel/database/rows';
import { newId } from '../src/kernel/database/ids';
import { insertRow } from './support/insert-row';
import { addMachine } from './support/machine-samples';
import { createWholeApp, principalOf, type Client, type TestApp } from './support/test-app';

type Method = keyof Client;

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

const document = JSON.parse(readFileSync(path.resolve(__dirname, '../../docs/openapi.json'), 'utf8')) as {
  paths: Record<string, Record<Method, Operation>>;
};

/** Every route of the program, by method and path below `/api`. */
const routes = Object.entries(document.paths).flatMap(([route, methods]) =>
  Object.keys(methods).map((method) => [method as Method, route.replace(/^\/api/, '')] as const),
);

/** What no route takes as its body, with the field that the refusal names. */
const bodies: readonly (readonly [string, string])[] = [
  ['{"zz":1}', 'zz'],
  ['{"constructor":{}}', 'constructor'],
  ['{"__proto__":{"name":"x"}}', '__proto__'],
  ['{"hasOwnProperty":1}', 'hasOwnProperty'],
  ['[{}]', 'body'],
  ['"text"', 'body'],
  ['null', 'body'],
  ['{', 'body'],
];
const queries: readonly (readonly [string, string])[] = [
  ['zz=1', 'zz'],
  ['constructor=1', 'constructor'],
  ['__proto__=1', '__proto__'],
];

/** By which equal messages are found; not an id. */
const MESSAGE_KEY = 'ab'.repeat(32);

describe('every route', () => {
  let test: TestApp;
  let administrator: Client;
  let ids: Readonly<Record<string, string>>;

  beforeAll(async () => {
    test = await createWholeApp();
    administrator = test.as('administrator');
    ids = await seed();
  }, 60_000);
  afterAll(() => test.close());

  /** One of each thing that a route names. @returns their ids, by the segment in front of them */
  async function seed(): Promise<Record<string, string>> {
    const now = new Date();
    const machineId = await addMachine(administrator, 'web-1');
    const tag = (await administrator.post('/tags', { name: 'prod' })).body as { id: string };
    const { userId } = principalOf('administrator');
    await insertRow(test.dataSource, 'users', {
      id: userId,
      username: 'ada',
      display_name: 'Ada',
      role: 'administrator',
      status: 'active',
      created_at: now,
      updated_at: now,
    });
    const [key, message, snapshot, job] = [newId(), newId(), newId(), newId()];
    await insertRow(test.dataSource, 'machine_host_keys', {
      id: key,
      machine_id: machineId,
      hostname: 'web-1.example',
      port: 22,
      fingerprint_sha256: 'SHA256:x',
      status: 'unknown',
      first_seen_at: now,
      last_seen_at: now,
    });
    await insertRow(test.dataSource, 'snapshots', {
      id: snapshot,
      machine_id: machineId,
      kind: 'machine_probe',
      schema_version: 1,
      status: 'ok',
      created_at: now,
      payload_json: '{}',
    });
    await insertRow(test.dataSource, 'important_messages', {
      id: message,
      machine_id: machineId,
      source: 'apt',
      category: 'warning',
      severity: 'info',
      message: 'hello',
      dedup_key: MESSAGE_KEY,
      first_seen_at: now,
      last_seen_at: now,
    });
    await insertRow(test.dataSource, 'jobs', {
      id: job,
      machine_id: machineId,
      kind: 'machine_probe',
      status: 'queued',
      priority: 0,
      created_at: now,
    });
    return {
      machines: machineId,
      tags: tag.id,
      users: userId,
      'host-keys': key,
      messages: message,
      snapshots: snapshot,
      jobs: job,
    };
  }

  /** The route with the ids of what is there, or of nothing. */
  function address(route: string, known: boolean): string {
    return route
      .replace('{name}', 'machine_probe')
      .replace('groups/{key}', `groups/${MESSAGE_KEY}`)
      .replace(/([\w-]+)\/\{\w+\}/g, (_all, what: string) => `${what}/${(known ? ids[what] : undefined) ?? newId()}`);
  }

  /** All that the database holds, in a word for each table. */
  async function everything(): Promise<Record<string, string>> {
    const tables = await queryRows<{ name: string }>(
      test.dataSource,
      `SELECT table_name AS name FROM information_schema.tables
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1`,
      [],
    );
    const words: Record<string, string> = {};
    for (const { name } of tables) {
      const sql = `SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS word FROM "${name}" t`;
      words[name] = (await queryOne<{ word: string }>(test.dataSource, sql, []))?.word ?? '';
    }
    return words;
  }

  function refusal({ status, type, body }: Response): { status: number; type: string; fields: string[] } {
    const { errors = [] } = body as { errors?: { field: string }[] };
    return { status, type, fields: errors.map(({ field }) => field) };
  }

  it('was seeded with what it names', () => {
    expect(routes.length).toBeGreaterThan(40);
    expect(Object.values(ids).every((id) => /^[0-9a-f-]{36}$/.test(id))).toBe(true);
  });

  it.each(routes)('%s %s refuses what it does not take, and changes nothing', async (method, route) => {
    const before = await everything();
    for (const known of [true, false]) {
      const url = address(route, known);
      for (const [text, field] of bodies) {
        const answer = await administrator[method](url).set('Content-Type', 'application/json').send(text);
        expect({ text, known, ...refusal(answer) }).toMatchObject({
          status: 400,
          type: 'application/problem+json',
          fields: expect.arrayContaining([field]) as string[],
        });
        expect(JSON.stringify(answer.body)).not.toMatch(/[Uu]nexpected|position|JSON at/);
      }
      // Load balancers add what they like to these.
      for (const [text, field] of route.startsWith('/health/') ? [] : queries) {
        const answer = await administrator[method](`${url}?${text}`);
        expect({ text, known, ...refusal(answer) }).toMatchObject({
          status: 400,
          fields: expect.arrayContaining([field]) as string[],
        });
      }
      const form = await administrator[method](url).type('form').send('name=x');
      expect([form.status, (form.body as { code: string }).code]).toEqual([415, 'unsupported_media_type']);
    }
    expect(await everything()).toEqual(before);
  });

  it.each(['/health/live', '/health/ready'])('answers %s whatever the query says', async (route) => {
    for (const [text] of queries) expect((await administrator.get(`${route}?${text}`)).status).toBe(200);
  });

  it('takes an empty object where it takes no body', async () => {
    expect((await administrator.post(`/machines/${ids.machines ?? ''}/archive`, {})).status).toBe(204);
    expect((await administrator.post(`/machines/${ids.machines ?? ''}/restore`, {})).status).toBe(200);
  });

  it.each([
    ['the depth of its fields', `{"name":${'{"a":'.repeat(50)}1${'}'.repeat(51)}`, 'too deeply'],
    ['inherited names within', '{"name":{"x":[{"valueOf":1}]}}', 'name.x.0.valueOf'],
  ])('looks at %s', async (_what, text, words) => {
    const answer = await administrator.patch('/me').set('Content-Type', 'application/json').send(text);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain(words);
  });

  it('says that a body is too large', async () => {
    const answer = await administrator.patch('/me', { displayName: 'x'.repeat(2_000_000) });
    expect([answer.status, answer.body]).toMatchObject([413, { code: 'body_too_large' }]);
  });

  it.each(['after=99999999999999999999', 'after=-1', 'after=1e300', 'limit=1.5'])(
    'refuses the place %s in a log',
    async (query) => {
      const answer = await administrator.get(`/jobs/${ids.jobs ?? ''}/log?${query}`);
      expect(refusal(answer)).toMatchObject({ status: 400, fields: [query.split('=')[0]] });
    },
  );
});
