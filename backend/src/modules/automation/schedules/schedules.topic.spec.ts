import { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { fakeAction } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import type { FleetWatchers } from '../../../kernel/live/fleet-watchers';
import type { LiveClient } from '../../../kernel/live/live-client';
import type { Permission } from '../../../kernel/auth/permissions';
import { affected } from '../../../kernel/database/rows';
import { SchedulesTopic } from './schedules.topic';

interface Sent {
  readonly event: string;
  readonly data: {
    readonly id: string;
    readonly scope?: object;
    readonly lastOccurrence?: { readonly status: string } | null;
  };
}

let database: TestDatabase;
let p: JobsProcess;
let topic: SchedulesTopic;

beforeAll(async () => {
  database = await createTestDatabase();
  p = await JobsProcess.open(database.url, [fakeAction()]);
});
afterAll(async () => {
  topic.onModuleDestroy();
  await p.close();
  await database.drop();
});

it('tells whoever may see schedules of each that changed or went on, and of those that are gone', async () => {
  const clock = new SetClock(new Date('2026-11-25T12:00:00Z'));
  const a = new AutomationProcess(p, clock);
  const sent: Sent[] = [];
  const asked: Permission[] = [];
  const client = {
    readyState: 1,
    OPEN: 1,
    bufferedAmount: 0,
    send: (text: string) => sent.push(JSON.parse(text) as Sent),
  };
  const watchers = {
    allowed: (permission: Permission) => {
      asked.push(permission);
      return [client as unknown as LiveClient];
    },
  } as FleetWatchers;
  topic = new SchedulesTopic(p.bus, watchers, a.reader, p.registry, p.clock, p.dataSource);
  topic.onModuleInit();
  const last = () => sent.at(-1);

  const id = await a.schedule([await p.machine()]);
  await until('it was made', () => Promise.resolve(last()?.data.id === id));
  expect(last()).toMatchObject({ event: 'schedule', data: { lastOccurrence: null, scope: { machineCount: 1 } } });
  expect(last()?.data.scope).not.toHaveProperty('machineIds');

  clock.at = new Date('2026-11-26T01:30:00Z');
  await a.step();
  await a.step();
  await until('it runs', () => Promise.resolve(last()?.data.lastOccurrence?.status === 'running'));

  await affected(p.dataSource, 'UPDATE schedules SET deleted_at = now() WHERE id = $1', [id]);
  p.bus.announce({ scheduleIds: [id] });
  await until('it is gone', () => Promise.resolve(last()?.event === 'schedule.removed'));
  expect(last()?.data).toEqual({ id });
  expect(new Set(asked)).toEqual(new Set(['schedules.read']));
});
