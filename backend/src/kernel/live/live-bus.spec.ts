import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { until } from '../../../test/support/ssh-wait';
import { queryRows } from '../database/rows';
import { TransactionRunner } from '../database/transaction';
import { ChangeSet, readPayload } from './change-set';
import type { LiveSignal } from './live-bus';
import { PostgresLiveBus } from './postgres-live-bus';

describe('a set of changes', () => {
  it('travels in payloads that PostgreSQL takes, each id once', () => {
    const ids = Array.from({ length: 1_000 }, () => randomUUID());
    const sent = new ChangeSet();
    sent.add({ machineIds: ids, jobIds: ids.slice(0, 3), work: true });
    sent.add({ machineIds: ids });
    const payloads = sent.payloads('here');
    expect(payloads.length).toBeGreaterThan(5);
    for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
    const received = new ChangeSet();
    for (const payload of payloads) received.add(readPayload(payload, 'there') ?? {});
    expect([...received.machineIds]).toEqual(ids);
    expect([...received.jobIds]).toEqual(ids.slice(0, 3));
    expect(received.work).toBe(true);
  });

  it('is not heard by its sender, and ignores what is not ours', () => {
    const set = new ChangeSet();
    set.add({ jobIds: ['a'] });
    const [payload = ''] = set.payloads('here');
    expect(readPayload(payload, 'here')).toBeUndefined();
    expect(readPayload('{', 'there')).toBeUndefined();
    expect(readPayload('null', 'there')).toBeUndefined();
  });
});

describe('the bus', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  const buses: PostgresLiveBus[] = [];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await createTestDatabase({ migrated: false });
    dataSource = await database.dataSource();
  });

  afterEach(async () => {
    for (const bus of buses.splice(0)) await bus.stop();
  });

  afterAll(async () => {
    await database.drop();
  });

  async function start(): Promise<{ bus: PostgresLiveBus; heard: LiveSignal[] }> {
    const bus = new PostgresLiveBus(dataSource, database.url, { collectMs: 20, checkLostMs: 200 });
    const heard: LiveSignal[] = [];
    bus.listen((signal) => heard.push(signal));
    await bus.start();
    buses.push(bus);
    await until('the first check', () => heard.some(({ everything }) => everything));
    heard.length = 0;
    return { bus, heard };
  }

  it('tells this process and others, after the commit, a burst at once', async () => {
    const [here, there] = [await start(), await start()];
    const transactions = new TransactionRunner(dataSource);
    await transactions.run((tx) => {
      for (const id of ['a', 'b', 'a']) here.bus.changed(tx, { jobIds: [id] });
      return Promise.resolve();
    });
    await until('both hear it', () => here.heard.length > 0 && there.heard.length > 0);
    for (const { heard } of [here, there]) {
      expect(heard).toHaveLength(1);
      expect([...(heard[0]?.jobIds ?? [])]).toEqual(['a', 'b']);
    }
    await expect(
      transactions.run((tx) => {
        here.bus.changed(tx, { jobIds: ['never'] });
        return Promise.reject(new Error('no'));
      }),
    ).rejects.toThrow('no');
    here.bus.announce({ machineIds: ['m'] });
    await until('both hear the next', () => here.heard.length > 1 && there.heard.length > 1);
    expect(there.heard.some(({ jobIds }) => jobIds.has('never'))).toBe(false);
  });

  it('comes back after its connection was cut, and says that something may have been missed', async () => {
    const { bus, heard } = await start();
    await queryRows(
      dataSource,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'system_update live' AND datname = current_database()`,
    );
    await until('the loss is told', () => heard.some(({ everything }) => everything));
    await until('it is connected again', () => bus.connected);
    const other = await start();
    other.bus.announce({ userIds: ['u'] });
    await until('it hears again', () => heard.some(({ userIds }) => userIds.has('u')));
  });
});
