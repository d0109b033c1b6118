import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { originOf } from '../../../kernel/audit/request-origin';
import type { Actor } from '../../../kernel/auth/actor';
import { Clock } from '../../../kernel/clock';
import { ensureInstallation } from '../../../kernel/database/installation';
import { DetachedRuns, type FollowOptions } from '../../../kernel/ssh/detached/detached-runs';
import type {
  CollectedDetached,
  DetachedStart,
  DetachedState,
  StartOutcome,
} from '../../../kernel/ssh/detached/detached-types';
import type { RunResult, RunScriptOptions } from '../../../kernel/ssh/run-types';
import { MachineConnections } from '../../machines/machine-connections';
import type { OwnSecrets } from './own-secrets';

export interface DetachedVisit {
  readonly machineId: string;
  /** Of the job and of its run on the machine. */
  readonly id: string;
  readonly actor: Actor;
  /** For the audit of the credentials' use. */
  readonly purpose: string;
  /** Masked besides the machine's credentials. */
  readonly secrets: readonly string[];
  /** Told what all of it is masked by. */
  readonly own: Pick<OwnSecrets, 'hold'>;
  readonly signal: AbortSignal;
}

/** One connection to a machine on which a changing run is started, followed or collected. */
export interface DetachedSession {
  start(run: Omit<DetachedStart, 'id' | 'installation'>): Promise<{ outcome: StartOutcome; state: DetachedState }>;
  follow(options: Omit<FollowOptions, 'id' | 'signal'>): Promise<DetachedState>;
  askToStop(): Promise<DetachedState>;
  endByForce(): Promise<DetachedState>;
  collect(): Promise<CollectedDetached>;
  /** A reading run over the same connection. */
  read(run: Pick<RunScriptOptions, 'script' | 'parameters' | 'timeouts' | 'limits'>): Promise<RunResult>;
  close(): Promise<void>;
}

/** The way to changing runs on machines. */
export abstract class DetachedRunner {
  /** @throws SshError, or DomainError when the machine may not be reached at all (archived, quarantined, no credentials) */
  abstract open(visit: DetachedVisit): Promise<DetachedSession>;
}

@Injectable()
export class SshDetachedRunner extends DetachedRunner {
  constructor(
    private readonly connections: MachineConnections,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async open(visit: DetachedVisit): Promise<DetachedSession> {
    // Asked each time: a process that ran before its database was restored would go on in the epoch of then.
    const { id, epoch } = await ensureInstallation(this.dataSource, this.clock.now());
    const opened = await this.connections.connect(visit.machineId, {
      origin: originOf(visit.actor),
      purpose: visit.purpose,
      jobId: visit.id,
      signal: visit.signal,
    });
    const masker = opened.masker.and(visit.secrets);
    visit.own.hold(masker.values);
    const { connection, sudo } = opened;
    const runs = new DetachedRuns(connection, { sudo, masker });
    const { signal } = visit;
    return {
      start: (run) => runs.start({ ...run, id: visit.id, installation: { id, epoch } }, signal),
      follow: (options) => runs.follow({ ...options, id: visit.id, signal }),
      askToStop: () => runs.askToStop(visit.id),
      endByForce: () => runs.endByForce(visit.id),
      collect: () => runs.collect(visit.id, id, signal),
      read: (run) => connection.runScript({ ...run, sudo, masker, signal }),
      close: () => opened.close(),
    };
  }
}
