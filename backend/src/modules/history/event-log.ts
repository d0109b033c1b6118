import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock';
import { Contracts } from '../../kernel/contracts/contracts';
import { snakeNames } from '../../kernel/contracts/names';
import { maskDistinctiveSecrets } from '../../kernel/contracts/secret-values';
import { newId } from '../../kernel/database/ids';
import type { Transaction } from '../../kernel/database/transaction';
import { OnDomainEvent, type DomainEvent } from '../../kernel/events/domain-event';
import { eventContractName } from '../../kernel/events/event-contracts';
import { HistoryRepository } from './history.repository';

const MESSAGE_MAX = 4000;

/** Writes every event that concerns a machine into its time line, in the transaction in which it happened. */
@Injectable()
export class EventLog {
  constructor(
    private readonly repository: HistoryRepository,
    private readonly clock: Clock,
    private readonly contracts: Contracts,
  ) {}

  @OnDomainEvent()
  async record(event: DomainEvent, tx: Transaction): Promise<void> {
    if (event.machineId === null) return;
    const { actor } = event;
    // Another handler may have taken its time since it was published.
    const { message, payload } = maskDistinctiveSecrets({ message: event.message, payload: event.payload ?? null });
    await this.repository.insertEvent(tx, [
      newId(),
      event.machineId,
      event.type,
      event.severity,
      event.at ?? this.clock.now(),
      actor.type,
      actor.id,
      actor.name,
      event.snapshotId ?? null,
      event.executionId ?? null,
      event.jobId ?? null,
      message.slice(0, MESSAGE_MAX),
      payload === null ? null : this.contracts.document(eventContractName(event.type), snakeNames(payload) as object),
    ]);
  }
}
