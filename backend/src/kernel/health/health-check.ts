import { Injectable, SetMetadata } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { markedProviders } from '../discovered';

export type HealthStatus = 'ok' | 'warning' | 'error';

export interface HealthFinding {
  readonly status: HealthStatus;
  /** A sentence: what is wrong and what to do; empty when all is well. */
  readonly message: string;
}

/** Something about this installation that an administrator should know before users notice. */
export interface InstallationCheck {
  /** snake_case, unique. */
  readonly name: string;
  check(): Promise<HealthFinding>;
}

const HEALTH_CHECK = 'system_update:health_check';

/** Marks a provider that implements {@link InstallationCheck}; it is found by itself. */
export const HealthCheck = (): ClassDecorator => SetMetadata(HEALTH_CHECK, true);

/** Every check of every room. */
@Injectable()
export class HealthChecks {
  constructor(private readonly discovery: DiscoveryService) {}

  /** @returns what each found, by name; one that fails is an `error` itself */
  async run(): Promise<(HealthFinding & { name: string })[]> {
    return Promise.all(
      markedProviders<InstallationCheck>(this.discovery, HEALTH_CHECK).map(async (check) => {
        try {
          return { name: check.name, ...(await check.check()) };
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          return { name: check.name, status: 'error' as const, message: `The check itself failed: ${reason}` };
        }
      }),
    );
  }
}
