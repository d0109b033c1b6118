import { SetMetadata } from '@nestjs/common';
import type { Actor } from '../auth/actor';
import type { Role } from '../auth/permissions';
import type { Transaction } from '../database/transaction';
import type { Sentence } from '../sentences/sentences';

/** How much a person should care. */
export type EventSeverity = 'info' | 'warning' | 'error';

/** Something that happened and that other rooms may care about. Never holds a secret. */
export interface DomainEvent {
  /** Stable, snake_case: `host_key_changed`. */
  readonly type: string;
  /** Null when it concerns no single machine; such events are not kept in a machine's time line. */
  readonly machineId: string | null;
  readonly severity: EventSeverity;
  readonly actor: Actor;
  /** Of the person who did it, where somebody may refuse it by that. */
  readonly role?: Role | null;
  /** When it happened, where that was not now. */
  readonly at?: Date;
  /** A sentence that a person understands. */
  readonly message: Sentence;
  /** Facts, as the contract `event.<type>` has them (there in snake_case). */
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly jobId?: string | null;
  readonly snapshotId?: string | null;
  readonly executionId?: string | null;
}

/** A method marked with {@link OnDomainEvent}. Must not do anything that a rollback could not undo. */
export type DomainEventHandler = (event: DomainEvent, tx: Transaction) => Promise<void>;

/** Metadata key of a handler's event types. */
export const DOMAIN_EVENT_TYPES = 'system_update:domain_event_types';

/**
 * Marks a provider's method ({@link DomainEventHandler}) as the handler of these event types, or of every event when
 * none is named. It runs inside the publisher's transaction: when it fails, what was published did not happen.
 */
export function OnDomainEvent(...types: readonly string[]): MethodDecorator {
  return SetMetadata(DOMAIN_EVENT_TYPES, types);
}
