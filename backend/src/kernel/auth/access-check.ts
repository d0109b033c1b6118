import { Injectable, type OnModuleInit } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { GATEWAY_METADATA, MESSAGE_MAPPING_METADATA } from '@nestjs/websockets/constants';
import { ACCESS } from './access.decorators';

/** Refuses to start while any route or socket message lacks an access rule. */
@Injectable()
export class AccessCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const open = [...this.without(this.discovery.getControllers(), METHOD_METADATA), ...this.gatewaysWithout()];
    if (open.length > 0) throw new Error(`These handlers declare no permission: ${open.join(', ')}`);
  }

  private gatewaysWithout(): string[] {
    const gateways = this.discovery
      .getProviders()
      .filter(({ metatype }) => typeof metatype === 'function' && Reflect.hasMetadata(GATEWAY_METADATA, metatype));
    return this.without(gateways, MESSAGE_MAPPING_METADATA);
  }

  private without(wrappers: ReturnType<DiscoveryService['getControllers']>, marker: string): string[] {
    const open: string[] = [];
    for (const { metatype } of wrappers) {
      if (typeof metatype !== 'function') continue;
      const prototype: object = (metatype as { prototype: object }).prototype;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const handler: unknown = (prototype as Record<string, unknown>)[name];
        if (typeof handler !== 'function' || !Reflect.hasMetadata(marker, handler)) continue;
        if (this.reflector.getAllAndOverride(ACCESS, [handler as () => void, metatype as () => void]) === undefined) {
          open.push(`${metatype.name}.${name}`);
        }
      }
    }
    return open;
  }
}
