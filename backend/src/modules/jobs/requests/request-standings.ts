import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ActionRegistry } from '../actions/action-registry';
import { StartGate, type GateStanding } from '../gate/start-gate';

/** Tells whoever decides about a change when it would begin: each machine goes by its own windows. */
@Injectable()
export class RequestStandings {
  constructor(
    private readonly database: DataSource,
    private readonly registry: ActionRegistry,
    private readonly gate: StartGate,
  ) {}

  /** By the machine; of an action that this program does not have there is nothing to say. */
  async of(action: string, machineIds: readonly string[]): Promise<ReadonlyMap<string, GateStanding>> {
    const change = this.registry.findChange(action);
    if (change === undefined || machineIds.length === 0) return new Map();
    const wanted = machineIds.map((machineId) => ({ machineId, seconds: null }));
    const found = await this.gate.standings(this.database.manager, wanted, [change.declaration]);
    return new Map(found.map((standing) => [standing.machineId, standing]));
  }
}
