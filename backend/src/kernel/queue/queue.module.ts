import { Global, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config } from '../config/config';
import { WorkQueue } from './work-queue';

@Global()
@Module({
  providers: [
    {
      provide: WorkQueue,
      inject: [Config],
      useFactory: (config: Config) => new WorkQueue({ url: config.env.DATABASE_URL, supervise: config.runsJobs }),
    },
  ],
  exports: [WorkQueue],
})
export class QueueModule implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly queue: WorkQueue) {}

  async onModuleInit(): Promise<void> {
    await this.queue.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.queue.stop();
  }
}
