import { Global, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { Config } from '../config/config';
import { FleetWatchers } from './fleet-watchers';
import { LiveBus } from './live-bus';
import { LiveMessages } from './live-messages';
import { LiveGateway } from './live.gateway';
import { PostgresLiveBus } from './postgres-live-bus';

/** Live changes between processes, and towards browsers where this process serves HTTP: elsewhere no socket is opened. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    {
      provide: LiveBus,
      inject: [DataSource, Config],
      useFactory: (dataSource: DataSource, config: Config) => new PostgresLiveBus(dataSource, config.env.DATABASE_URL),
    },
    FleetWatchers,
    LiveGateway,
    LiveMessages,
  ],
  exports: [FleetWatchers, LiveBus],
})
export class LiveModule implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly bus: LiveBus) {}

  async onModuleInit(): Promise<void> {
    if (this.bus instanceof PostgresLiveBus) await this.bus.start();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.bus instanceof PostgresLiveBus) await this.bus.stop();
  }
}
