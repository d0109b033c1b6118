import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { GATEWAY_METADATA, MESSAGE_MAPPING_METADATA, MESSAGE_METADATA } from '@nestjs/websockets/constants';
import type { RawData } from 'ws';
import { DomainError, invalidInput } from '../errors/domain-error';
import { say as sayOfInput } from '../http/validation.sentences';
import { say } from './live.sentences';

/** Every message that some topic answers: Nest lets each topic look for its own and says nothing of the others. */
@Injectable()
export class LiveMessages implements OnModuleInit {
  private readonly events = new Set<string>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    for (const { metatype } of this.discovery.getProviders()) {
      if (typeof metatype !== 'function' || !Reflect.hasMetadata(GATEWAY_METADATA, metatype)) continue;
      const prototype = (metatype as { prototype: Record<string, unknown> }).prototype;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name] as object;
        if (!Reflect.hasMetadata(MESSAGE_MAPPING_METADATA, handler)) continue;
        const event = Reflect.getMetadata(MESSAGE_METADATA, handler) as string;
        if (this.events.has(event)) throw new Error(`Two handlers answer the live message ${event}`);
        this.events.add(event);
      }
    }
  }

  /** Why no topic can take a frame; undefined when one will. The data itself is validated by the topic's handler. */
  problemOf(frame: RawData): DomainError | undefined {
    const message = parsed(frame);
    if (message === undefined) {
      return new DomainError({ code: 'invalid_input', status: 400, detail: say.unreadable_frame() });
    }
    const strange = Object.keys(message).filter((field) => field !== 'event' && field !== 'data');
    if (strange.length > 0) {
      return invalidInput(strange.map((field) => ({ field, message: sayOfInput.no_such_field({ field }) })));
    }
    if (this.events.has(message.event)) return undefined;
    return new DomainError({ code: 'unknown_event', status: 400, detail: say.unknown_event({ event: message.event }) });
  }
}

function parsed(frame: RawData): { readonly event: string } | undefined {
  let message: unknown;
  try {
    // As Nest reads it, text and binary alike.
    message = JSON.parse((frame as Buffer).toString());
  } catch {
    return undefined;
  }
  if (typeof message !== 'object' || message === null || !('event' in message)) return undefined;
  return typeof message.event === 'string' ? { ...message, event: message.event } : undefined;
}
