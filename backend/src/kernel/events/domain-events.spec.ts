import { Injectable, Module } from '@nestjs/common';
import { createTestApp, type TestApp } from '../../../test/support/test-app';
import { systemActor } from '../auth/actor';
import type { Transaction } from '../database/transaction';
import { TransactionRunner } from '../database/transaction';
import { secretRegistry } from '../logging/secret-registry';
import { OnDomainEvent, type DomainEvent } from './domain-event';
import { DomainEvents } from './domain-events';
import { quoted } from '../sentences/sentences';

@Injectable()
class Listener {
  readonly all: DomainEvent[] = [];
  readonly some: string[] = [];

  @OnDomainEvent()
  everything(event: DomainEvent): Promise<void> {
    this.all.push(event);
    return Promise.resolve();
  }

  @OnDomainEvent('one', 'two')
  few(event: DomainEvent): Promise<void> {
    this.some.push(event.type);
    return Promise.resolve();
  }

  @OnDomainEvent('breaking')
  async breaking(_event: DomainEvent, tx: Transaction): Promise<void> {
    await tx.manager.query('SELECT 1 / 0');
  }
}

@Module({ providers: [Listener] })
class ListenerModule {}

describe('DomainEvents', () => {
  let test: TestApp;
  let events: DomainEvents;
  let transactions: TransactionRunner;
  const event = (type: string, message = 'x'): DomainEvent => {
    return { type, machineId: null, severity: 'info', actor: systemActor, message: quoted(message) };
  };

  beforeAll(async () => {
    test = await createTestApp({ imports: [ListenerModule] });
    events = test.app.get(DomainEvents);
    transactions = test.app.get(TransactionRunner);
  });
  afterAll(() => test.close());

  it('calls those who listen, in the transaction', async () => {
    const listener = test.app.get(Listener, { strict: false });
    await transactions.run(async (tx) => {
      await events.publish(tx, event('one'));
      await events.publish(tx, event('three'));
    });
    expect(listener.some).toEqual(['one']);
    expect(listener.all.map(({ type }) => type)).toEqual(['one', 'three']);
  });

  it('fails the transaction of the publisher when a handler fails', async () => {
    const work = transactions.run(async (tx) => {
      await tx.manager.query(`CREATE TABLE left_behind (id int)`);
      await events.publish(tx, event('breaking'));
    });
    await expect(work).rejects.toThrow('division by zero');
    await expect(test.dataSource.query('SELECT * FROM left_behind')).rejects.toThrow('does not exist');
  });

  it('masks secrets that are in use', async () => {
    const drop = secretRegistry.register('planted-secret-1');
    try {
      await transactions.run((tx) => events.publish(tx, event('one', 'the machine said planted-secret-1!')));
    } finally {
      drop();
    }
    expect(test.app.get(Listener, { strict: false }).all.at(-1)?.message).toBe('the machine said •••!');
  });

  it('names who it was and keeps ordinary words, though they be passwords of machines', async () => {
    const drops = ['debian', 'Administrator-1'].map((word) => secretRegistry.register(word));
    const actor = { type: 'user', id: null, name: 'Administrator-1' } as const;
    await transactions.run((tx) => events.publish(tx, { ...event('one', 'debian-goodies is there'), actor }));
    for (const drop of drops) drop();
    expect(test.app.get(Listener, { strict: false }).all.at(-1)).toMatchObject({
      message: 'debian-goodies is there',
      actor,
    });
  });

  it('refuses a name that is no event type', async () => {
    await expect(transactions.run((tx) => events.publish(tx, event('Not A Type')))).rejects.toThrow('snake_case');
  });
});
