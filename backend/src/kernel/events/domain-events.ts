import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { Transaction } from '../database/transaction';
import { maskDistinctiveSecrets } from '../contracts/secret-values';
import { DOMAIN_EVENT_TYPES, type DomainEvent, type DomainEventHandler } from './domain-event';

interface Subscription {
  /** Empty: every event. */
  readonly types: ReadonlySet<string>;
  readonly handle: DomainEventHandler;
}

const typeName = /^[a-z][a-z0-9_]*$/;

/** Tells the other rooms what happened, inside the transaction in which it happens. */
@Injectable()
export class DomainEvents implements OnModuleInit {
  private subscriptions: readonly Subscription[] | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    this.subscriptions ??= this.discover();
  }

  /**
   * Runs every handler of the event, one after the other, in `tx`. Registered secrets that cannot stand in its words by chance are
   * masked first: a machine may repeat one in an error message. Who it was, and what it is about, stay as they are.
   *
   * @throws whatever a handler throws; the transaction must then fail
   */
  async publish(tx: Transaction, event: DomainEvent): Promise<void> {
    if (!typeName.test(event.type)) throw new Error(`"${event.type}" is no event type: snake_case is expected.`);
    const { message, payload } = event;
    const told = maskDistinctiveSecrets(payload === undefined ? { message } : { message, payload });
    const masked = { ...event, ...told };
    this.subscriptions ??= this.discover();
    for (const { types, handle } of this.subscriptions) {
      if (types.size === 0 || types.has(event.type)) await handle(masked, tx);
    }
  }

  private discover(): Subscription[] {
    return this.discovery.getProviders().flatMap(({ instance }: { instance: unknown }) => {
      if (typeof instance !== 'object' || instance === null) return [];
      const methods = instance as Record<string, unknown>;
      return this.scanner.getAllMethodNames(Object.getPrototypeOf(instance) as object | null).flatMap((name) => {
        const method = methods[name];
        if (typeof method !== 'function') return [];
        const types = Reflect.getMetadata(DOMAIN_EVENT_TYPES, method) as readonly string[] | undefined;
        if (types === undefined) return [];
        const wrong = types.find((type) => !typeName.test(type));
        if (wrong !== undefined) throw new Error(`${name} listens to "${wrong}", which is no event type.`);
        return [{ types: new Set(types), handle: (method as DomainEventHandler).bind(instance) }];
      });
    });
  }
}
