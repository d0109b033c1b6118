import type { DataSource } from 'typeorm';
import { insertRow } from '../../../test/support/insert-row';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { until } from '../../../test/support/ssh-wait';
import type { Permission } from '../../kernel/auth/permissions';
import { newId } from '../../kernel/database/ids';
import { affected } from '../../kernel/database/rows';
import type { FleetWatchers } from '../../kernel/live/fleet-watchers';
import type { LiveClient } from '../../kernel/live/live-client';
import type { LiveSignal } from '../../kernel/live/live-bus';
import { PostgresLiveBus } from '../../kernel/live/postgres-live-bus';
import { WindowsRepository } from './windows.repository';
import { WindowsTopic } from './windows.topic';

let database: TestDatabase;
let dataSource: DataSource;
let bus: PostgresLiveBus;
let topic: WindowsTopic;
let checks: number;
const sent: unknown[] = [];
const asked = new Set<Permission>();

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await database.dataSource();
});
beforeEach(async () => {
  sent.length = 0;
  checks = 0;
  const client = { readyState: 1, OPEN: 1, bufferedAmount: 0, send: (text: string) => sent.push(JSON.parse(text)) };
  const watchers = {
    allowed: (permission: Permission) => {
      asked.add(permission);
      return [client as unknown as LiveClient];
    },
  } as FleetWatchers;
  bus = new PostgresLiveBus(dataSource, database.url, { collectMs: 10, checkMs: 100, checkLostMs: 100 });
  topic = new WindowsTopic(bus, watchers, new WindowsRepository(), dataSource);
  topic.onModuleInit();
  bus.listen(({ everything }: LiveSignal) => {
    checks += everything ? 1 : 0;
  });
  await bus.start();
  await until('the first check has told how they stand', () => Promise.resolve(sent.length === 1));
});
afterEach(async () => {
  topic.onModuleDestroy();
  await bus.stop();
});
afterAll(() => database.drop());

async function insertWindow(): Promise<string> {
  const id = newId();
  const times = { duration_minutes: 60, created_at: new Date(), updated_at: new Date() };
  const opens = { scope: 'fleet', cron: '0 2 * * *', timezone: 'UTC' };
  await insertRow(dataSource, 'maintenance_windows', { id, name: 'Nights', ...opens, ...times });
  return id;
}

it('tells whoever may see machines that windows have changed, and to read them again', async () => {
  bus.announce({ windowIds: [newId()] });
  await until('it is told', () => Promise.resolve(sent.length > 1));
  expect(sent[1]).toEqual({ event: 'windows.changed', data: {} });
  expect([...asked]).toEqual(['machines.read']);
});

it('tells of what was missed, a removal too, and of nothing where they stand as before', async () => {
  const id = await insertWindow();
  await until('the new one is told', () => Promise.resolve(sent.length === 2));
  await affected(dataSource, 'DELETE FROM maintenance_windows WHERE id = $1', [id]);
  await until('its removal is told', () => Promise.resolve(sent.length === 3));
  const before = checks;
  await until('some checks have passed', () => Promise.resolve(checks > before + 2));
  expect(sent).toHaveLength(3);
});
