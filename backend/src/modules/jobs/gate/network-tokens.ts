import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { OnDomainEvent, type DomainEvent } from '../../../kernel/events/domain-event';
import { NETWORKS_CHANGED } from '../../networks/entities/networks.values';
import { Dispatcher } from '../dispatcher';

/** Machines that belong to another network wait for that one's places from then on, in the order in which they stood. */
@Injectable()
export class NetworkTokens {
  constructor(private readonly dispatcher: Dispatcher) {}

  @OnDomainEvent(NETWORKS_CHANGED)
  async moved({ payload }: DomainEvent, tx: Transaction): Promise<void> {
    await this.dispatcher.dispatchAnew(tx, (payload as { machineIds: string[] }).machineIds);
  }
}
