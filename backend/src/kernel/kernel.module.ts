import { Global, Logger, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ArtifactStore } from './artifacts/artifact-store';
import { AuditModule } from './audit/audit.module';
import { AuthModule } from './auth/auth.module';
import { Clock, SystemClock } from './clock';
import type { Config } from './config/config';
import { ConfigModule } from './config/config.module';
import { ContractsModule } from './contracts/contracts.module';
import { dataSourceOptions } from './database/data-source-options';
import { TransactionRunner } from './database/transaction';
import { EventsModule } from './events/events.module';
import { HealthChecks } from './health/health-check';
import { HealthController } from './health/health.controller';
import { SystemController } from './health/system.controller';
import { LiveModule } from './live/live.module';
import { LoggingModule } from './logging/logging.module';
import { PartitionUpkeep } from './partitions/partition-upkeep';
import { QueueModule } from './queue/queue.module';
import { SshConnectionFactory } from './ssh/ssh-connection-factory';
import { SecretsModule } from './secrets/secrets.module';

/** The rooms without business, wired together once. */
@Global()
@Module({})
export class KernelModule {
  static forRoot(config: Config): DynamicModule {
    const logger = new Logger('Database');
    return {
      module: KernelModule,
      imports: [
        DiscoveryModule,
        ConfigModule.forRoot(config),
        LoggingModule.forRoot(config),
        TypeOrmModule.forRoot(
          dataSourceOptions({
            url: config.env.DATABASE_URL,
            poolSize: config.env.DATABASE_POOL_SIZE,
            applicationName: `system_update ${config.env.ROLE}`,
            onPoolError: (err) => {
              logger.warn({ err }, 'an idle database connection broke');
            },
          }),
        ),
        SecretsModule,
        AuditModule,
        EventsModule,
        ContractsModule,
        LiveModule,
        QueueModule,
        AuthModule,
      ],
      controllers: [HealthController, SystemController],
      providers: [
        ArtifactStore,
        HealthChecks,
        PartitionUpkeep,
        SshConnectionFactory,
        { provide: Clock, useClass: SystemClock },
        {
          provide: TransactionRunner,
          inject: [DataSource],
          useFactory: (database: DataSource) =>
            new TransactionRunner(database, (err) => {
              logger.error({ err }, 'work after a commit failed');
            }),
        },
      ],
      exports: [ArtifactStore, Clock, SshConnectionFactory, TransactionRunner],
    };
  }
}
