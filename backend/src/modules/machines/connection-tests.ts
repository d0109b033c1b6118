import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import { Clock } from '../../kernel/clock';
import { TransactionRunner } from '../../kernel/database/transaction';
import { DomainError } from '../../kernel/errors/domain-error';
import { DomainEvents } from '../../kernel/events/domain-events';
import { SshError } from '../../kernel/ssh/ssh-error';
import { Credentials } from '../credentials/credentials.service';
import { ConnectionOutcomes } from './connection-outcomes';
import { allStagesOk, failedStages, quarantinedStages } from './connection-stages';
import type { ConnectionStageName, ConnectionTestDto } from './dto/connection-test.dto';
import { MachineConnections } from './machine-connections';
import { Machines } from './machines.service';
import { quarantineProblem } from './ssh-problems';
import type { Sentence } from '../../kernel/sentences/sentences';
import { say } from './machines.sentences';

/** Somebody waits in front of a screen: shorter limits than a job has. */
const WHOLE_TEST_MS = 60_000;
const SUDO_TIMEOUTS = { firstByteMs: 20_000, progressMs: 20_000, totalMs: 30_000 };

/** Signing in and becoming root; nothing is changed on the machine. */
const TEST_SCRIPT = 'section root id -u\n';

type Verdict = Pick<ConnectionTestDto, 'status' | 'stages'>;

/** What is kept of a test. */
interface Ended {
  readonly status: ConnectionTestDto['status'];
  readonly kind: string | null;
  readonly message: Sentence;
}

/** "Test connection": goes the whole way to root and says how far it came. */
@Injectable()
export class ConnectionTests {
  constructor(
    private readonly machines: Machines,
    private readonly connections: MachineConnections,
    private readonly credentials: Credentials,
    private readonly outcomes: ConnectionOutcomes,
    private readonly transactions: TransactionRunner,
    private readonly events: DomainEvents,
    private readonly clock: Clock,
  ) {}

  /**
   * The outcome is kept with the credentials.
   * @throws DomainError `not_found`, `machine_archived`, `no_credentials`, `credentials_unreadable`
   */
  async run(machineId: string, origin: RequestOrigin): Promise<ConnectionTestDto> {
    const machine = await this.machines.requireLive(machineId);
    try {
      const verdict = machine.status === 'quarantined' ? inQuarantine(machine.name) : await this.try(machineId, origin);
      const ended = { status: verdict.status, kind: failureOf(verdict)?.kind ?? null, message: sentenceOf(verdict) };
      return { ...verdict, testedAt: await this.keep(machineId, ended, origin) };
    } catch (error) {
      // No answer of the machine, so there are no stages; that its credentials are of no use is kept all the same.
      if (error instanceof DomainError && error.code === 'credentials_unreadable')
        await this.keep(machineId, { status: 'error', kind: error.code, message: error.detail }, origin);
      throw error;
    }
  }

  /** @returns when it was tested */
  private async keep(machineId: string, ended: Ended, origin: RequestOrigin): Promise<Date> {
    const { status, kind, message } = ended;
    const testedAt = this.clock.now();
    await this.transactions.run(async (tx) => {
      await this.credentials.markTested(tx, machineId, status === 'waiting' ? 'unknown' : status, testedAt);
      if (status === 'ok') this.outcomes.becameRoot(tx, machineId);
      await this.events.publish(tx, {
        type: 'connection_tested',
        machineId,
        severity: status === 'error' ? 'warning' : 'info',
        actor: origin.actor,
        message,
        payload: { status, kind },
      });
    });
    return testedAt;
  }

  private async try(machineId: string, origin: RequestOrigin): Promise<Verdict> {
    const signal = AbortSignal.timeout(WHOLE_TEST_MS);
    const times = new Map<ConnectionStageName, number>();
    // A look at all host keys takes several connections; the first has gone the whole way.
    const onStep = (step: ConnectionStageName, durationMs: number): void => {
      if (!times.has(step)) times.set(step, durationMs);
    };
    try {
      const opened = await this.connections.connect(machineId, { origin, purpose: 'connection_test', signal, onStep });
      const { connection, sudo, masker } = opened;
      const beganMs = performance.now();
      try {
        const run = await connection.runScript({ script: TEST_SCRIPT, sudo, masker, signal, timeouts: SUDO_TIMEOUTS });
        if (run.section('root')?.stdout.trim() !== '0')
          throw new SshError('sudo_policy', 'sudo', { reason: 'not_root' });
      } finally {
        times.set('sudo', Math.round(performance.now() - beganMs));
        await opened.close();
      }
      return allStagesOk(times);
    } catch (error) {
      if (error instanceof SshError) return failedStages(error, times);
      throw error;
    }
  }
}

function inQuarantine(name: string): Verdict {
  const problem = quarantineProblem(name);
  return quarantinedStages(problem.detail, problem.action ?? say.quarantined_action());
}

function failureOf(verdict: Verdict) {
  return verdict.stages.find((stage) => stage.kind !== null);
}

function sentenceOf(verdict: Verdict): Sentence {
  return failureOf(verdict)?.message ?? say.test_succeeded();
}
