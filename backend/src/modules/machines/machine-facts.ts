import { Injectable } from '@nestjs/common';
import type { Actor } from '../../kernel/auth/actor';
import type { Transaction } from '../../kernel/database/transaction';
import { DomainError, notFound } from '../../kernel/errors/domain-error';
import { DomainEvents } from '../../kernel/events/domain-events';
import type { MachineHardwareDto, MachineMetricsDto } from './dto/machine-facts.dto';
import {
  MachineFactsRepository,
  type HardwareFacts,
  type MachineIdentity,
  type MetricsFacts,
} from './machine-facts.repository';
import { MachineState, type MachineStatePatch } from './machine-state';
import { MachinesRepository, type MachineRow } from './machines.repository';
import { say } from './machines.sentences';

/** What a probe found. */
export interface MachineFactsInput {
  readonly actor: Actor;
  readonly jobId: string | null;
  readonly snapshotId: string | null;
  readonly collectedAt: Date;
  readonly identity: MachineIdentity;
  /** Null: not read at all; what is stored stays. */
  readonly hardware: HardwareFacts | null;
  readonly metrics: MetricsFacts | null;
  readonly diskWarnings: number | null;
  readonly hardwareWarnings: number | null;
}

/** What is known about a machine's hardware, system and load. */
@Injectable()
export class MachineFacts {
  constructor(
    private readonly repository: MachineFactsRepository,
    private readonly machines: MachinesRepository,
    private readonly state: MachineState,
    private readonly events: DomainEvents,
  ) {}

  /** Stores the outcome of a probe. A kind that was chosen wrongly is corrected, with an event. */
  async store(tx: Transaction, machineId: string, facts: MachineFactsInput): Promise<void> {
    const before = await this.machines.lock(tx.manager, machineId);
    if (before === null) throw notFound('machine');
    await this.repository.saveIdentity(tx.manager, machineId, facts.identity);
    await this.tellKind(tx, before, facts);
    const source = { snapshotId: facts.snapshotId, at: facts.collectedAt };
    if (facts.hardware !== null) await this.repository.saveHardware(tx.manager, machineId, facts.hardware, source);
    if (facts.metrics !== null) await this.repository.saveMetrics(tx.manager, machineId, facts.metrics, source);
    this.state.patch(tx, machineId, statePatch(facts));
  }

  /** @throws DomainError `not_found`, `not_probed` */
  async hardware(machineId: string): Promise<MachineHardwareDto> {
    return (await this.repository.hardware(machineId)) ?? (await this.notProbed(machineId));
  }

  /** @throws DomainError `not_found`, `not_probed` */
  async metrics(machineId: string): Promise<MachineMetricsDto> {
    return (await this.repository.metrics(machineId)) ?? (await this.notProbed(machineId));
  }

  private async tellKind(tx: Transaction, before: MachineRow, facts: MachineFactsInput): Promise<void> {
    const [from, to] = [before.machineKind, facts.identity.machineKind];
    if (to === 'unknown' || from === null || from === 'unknown' || from === to) return;
    await this.events.publish(tx, {
      type: 'machine_kind_corrected',
      machineId: before.id,
      severity: 'info',
      actor: facts.actor,
      message: say.kind_corrected({ to, from }),
      payload: { from, to },
      jobId: facts.jobId,
      snapshotId: facts.snapshotId,
    });
  }

  private async notProbed(machineId: string): Promise<never> {
    if ((await this.machines.find(machineId)) === null) throw notFound('machine');
    throw new DomainError({
      code: 'not_probed',
      status: 404,
      detail: say.not_probed(),
      action: say.not_probed_action(),
    });
  }
}

function statePatch(facts: MachineFactsInput): MachineStatePatch {
  const warnings = {
    ...(facts.diskWarnings === null ? {} : { diskWarningsCount: facts.diskWarnings }),
    ...(facts.hardwareWarnings === null ? {} : { hardwareWarningsCount: facts.hardwareWarnings }),
  };
  if (facts.metrics === null) return warnings;
  const { cpuLoad1, memoryUsedPercent, rootUsedPercent } = facts.metrics;
  return { ...warnings, metricsLastCollectedAt: facts.collectedAt, cpuLoad1, memoryUsedPercent, rootUsedPercent };
}
