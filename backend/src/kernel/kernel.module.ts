import { Global, Logger, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { ArtifactStore } from './artifacts/artifact-store';
import { AuditModule } from './audit/audit.module';
import { AuthModule } from './auth/auth.module';
import { Clock, SystemClock } from './clock';
import { DatabaseClock, PostgresClock } from './database/database-clock';
import type { Config } from './config/config';
import { ConfigModule } from './config/config.module';
import { ContractsModule } from './contracts/contracts.module';
import { requireMigrated } from './database/database-check';
import { dataSourceOptions } from './database/data-source-options';
import { TransactionRunner } from './database/transaction';
import { isDatabaseUnavailable } from './errors/database-errors';
import { EventsModule } from './events/events.module';
import { HealthChecks } from './health/health-check';
import { HealthController } from './health/health.controller';
import { SystemController } from './health/system.controller';
import { ProductHosts } from './hosts/product-hosts';
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
        TypeOrmModule.forRootAsync({
          useFactory: () => ({
            ...dataSourceOptions({
              url: config.env.DATABASE_URL,
              poolSize: config.env.DATABASE_POOL_SIZE,
              applicationName: `system_update ${config.env.ROLE}`,
              onPoolError: (err) => {
                logger.warn({ err }, 'an idle database connection broke');
              },
            }),
            // A database that is away may come; one that is not ours, is not there, or refuses us stays so.
            toRetry: isDatabaseUnavailable,
          }),
          dataSourceFactory: openDatabase,
        }),
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
        ProductHosts,
        SshConnectionFactory,
        { provide: Clock, useClass: SystemClock },
        { provide: DatabaseClock, useClass: PostgresClock },
        {
          provide: TransactionRunner,
          inject: [DataSource],
          useFactory: (database: DataSource) =>
            new TransactionRunner(database, (err) => {
              logger.error({ err }, 'work after a commit failed');
            }),
        },
      ],
      exports: [ArtifactStore, Clock, DatabaseClock, ProductHosts, SshConnectionFactory, TransactionRunner],
    };
  }
}

/** @throws StartRefusedError when the database is not of this program's version */
async function openDatabase(options?: DataSourceOptions): Promise<DataSource> {
  if (options === undefined) throw new TypeError('options are expected');
  const database = await new DataSource(options).initialize();
  try {
    await requireMigrated(database);
    return database;
  } catch (error) {
    await database.destroy();
    throw error;
  }
}
