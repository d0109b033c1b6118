import { Injectable } from '@nestjs/common';
import { originOf } from '../../../kernel/audit/request-origin';
import type { Actor } from '../../../kernel/auth/actor';
import type {
  OutputChunk,
  OutputLimits,
  RunResult,
  RunTimeouts,
  SectionEvent,
  StreamName,
} from '../../../kernel/ssh/run-types';
import { MachineConnections } from '../../machines/machine-connections';
import type { OwnSecrets } from './own-secrets';

export interface RemoteRun {
  readonly machineId: string;
  readonly jobId: string;
  readonly actor: Actor;
  /** For the audit of the credentials' use. */
  readonly purpose: string;
  readonly script: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Masked besides the machine's credentials. */
  readonly secrets: readonly string[];
  /** Told what the run is masked by. */
  readonly own: Pick<OwnSecrets, 'hold'>;
  readonly timeouts: Partial<RunTimeouts>;
  readonly limits: Partial<OutputLimits>;
  readonly signal: AbortSignal;
  /** The login stands; the script is about to run. */
  readonly onConnected: () => void;
  readonly onOutput: (chunk: OutputChunk) => void;
  /** False: nobody wants the live output of this stream of a section. */
  readonly wantsOutput: (section: string, stream: StreamName) => boolean;
  readonly onSection: (event: SectionEvent) => void;
}

/** Runs one script on one machine over one connection. */
export abstract class RemoteRunner {
  /** @throws SshError, or DomainError when the machine may not be reached at all (archived, quarantined, no credentials) */
  abstract run(run: RemoteRun): Promise<RunResult>;
}

@Injectable()
export class SshRemoteRunner extends RemoteRunner {
  constructor(private readonly connections: MachineConnections) {
    super();
  }

  override async run(run: RemoteRun): Promise<RunResult> {
    const opened = await this.connections.connect(run.machineId, {
      origin: originOf(run.actor),
      purpose: run.purpose,
      jobId: run.jobId,
      signal: run.signal,
    });
    const masker = opened.masker.and(run.secrets);
    run.own.hold(masker.values);
    try {
      run.onConnected();
      return await opened.connection.runScript({
        script: run.script,
        parameters: run.parameters,
        sudo: opened.sudo,
        masker,
        timeouts: run.timeouts,
        limits: run.limits,
        signal: run.signal,
        onOutput: run.onOutput,
        wantsOutput: run.wantsOutput,
        onSection: run.onSection,
      });
    } finally {
      await opened.close();
    }
  }
}
