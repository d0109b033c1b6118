import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../../kernel/clock';
import { FOREIGN_KEY_VIOLATION, sqlState, TransactionRunner } from '../../kernel/database/transaction';
import { notFound } from '../../kernel/errors/domain-error';
import { LiveBus } from '../../kernel/live/live-bus';
import { MachineUiStateRepository, type MachineUiChange, type MachineUiState } from './machine-ui-state.repository';

/**
 * How machines are shown. One state per machine, shared by everybody who looks at it, so that the next one finds it as
 * it was left. Nothing but the portal's display reads it.
 */
@Injectable()
export class MachineUiStateService {
  constructor(
    private readonly database: DataSource,
    private readonly transactions: TransactionRunner,
    private readonly repository: MachineUiStateRepository,
    private readonly clock: Clock,
    private readonly live: LiveBus,
  ) {}

  /** The state of a machine that nobody has changed, or that does not exist, is all null. */
  async of(machineId: string): Promise<MachineUiState> {
    const [state] = await this.repository.byIds(this.database, [machineId]);
    return state ?? untouched(machineId);
  }

  /** In the order asked for. */
  async ofAll(machineIds: readonly string[]): Promise<MachineUiState[]> {
    const found = new Map((await this.repository.byIds(this.database, machineIds)).map((one) => [one.machineId, one]));
    return machineIds.map((id) => found.get(id) ?? untouched(id));
  }

  expanded(): Promise<MachineUiState[]> {
    return this.repository.expanded(this.database);
  }

  /** Changes what is given; null forgets a choice. @throws DomainError `not_found` */
  async change(machineId: string, change: MachineUiChange): Promise<MachineUiState> {
    await this.transactions
      .run(async (tx) => {
        await this.repository.merge(tx.manager, machineId, change, this.clock.now());
        this.live.changed(tx, { uiMachineIds: [machineId] });
      })
      .catch((error: unknown) => {
        throw sqlState(error) === FOREIGN_KEY_VIOLATION ? notFound('machine') : error;
      });
    return this.of(machineId);
  }

  /** Everything about this machine is shown as if nobody had touched it. */
  async reset(machineId: string): Promise<MachineUiState> {
    await this.transactions.run(async (tx) => {
      await this.repository.remove(tx.manager, machineId);
      this.live.changed(tx, { uiMachineIds: [machineId] });
    });
    return untouched(machineId);
  }
}

function untouched(machineId: string): MachineUiState {
  return { machineId, tileMode: null, sectionsOpen: null, lastActiveTab: null, unreadable: null };
}
