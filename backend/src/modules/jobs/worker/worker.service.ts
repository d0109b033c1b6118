import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../../../kernel/clock';
import { Config } from '../../../kernel/config/config';
import { LiveBus } from '../../../kernel/live/live-bus';
import { ActionRegistry } from '../actions/action-registry';
import { ActionScripts } from '../actions/action-scripts';
import { WindowHolds } from '../gate/window-holds';
import { JobLogRepository } from '../job-log.repository';
import { RequestExpiry } from '../requests/request-expiry';
import { ConfirmedPlans } from '../requests/confirmed-plans';
import { Claims } from './claims';
import { DetachedRunner } from './detached-runner';
import { JobWorker, type WorkerTools } from './job-worker';
import { Outcomes } from './outcomes';
import { RemoteRunner } from './remote-runner';
import { StartRooms } from './start-room';
import { Sweeper } from './sweeper';

/** What a worker is made of, put together by injection. */
@Injectable()
export class WorkerParts {
  constructor(
    readonly claims: Claims,
    readonly outcomes: Outcomes,
    readonly rooms: StartRooms,
    readonly sweeper: Sweeper,
    readonly expiry: RequestExpiry,
    readonly scripts: ActionScripts,
    readonly runner: RemoteRunner,
    readonly detached: DetachedRunner,
    readonly requests: ConfirmedPlans,
    readonly windows: WindowHolds,
    readonly log: JobLogRepository,
  ) {}
}

/** Runs the worker of this process, where the configuration wants one. */
@Injectable()
export class WorkerService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly worker: JobWorker | undefined;

  constructor(config: Config, registry: ActionRegistry, bus: LiveBus, clock: Clock, parts: WorkerParts) {
    if (!config.runsJobs) return;
    const { claims, outcomes, rooms, sweeper, expiry, scripts, runner, detached, requests, windows, log } = parts;
    const rows = { claims, outcomes, rooms, sweeper, expiry, requests, windows, log, registry };
    const tools: WorkerTools = { ...rows, scripts, runner, detached, bus, clock };
    const { WORKER_CONCURRENCY: concurrency, FLEET_CONCURRENCY: fleetConcurrency } = config.env;
    const { FLEET_START_RATE: startRate } = config.env;
    this.worker = new JobWorker({ concurrency, fleetConcurrency, startRate }, tools);
  }

  onApplicationBootstrap(): void {
    this.worker?.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.worker?.stop();
  }
}
