import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditLog } from '../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import { Clock } from '../../kernel/clock';
import { newId } from '../../kernel/database/ids';
import { queryOne } from '../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { violatedUniqueConstraint } from '../../kernel/errors/database-errors';
import { DomainError, invalidInput, notFound } from '../../kernel/errors/domain-error';
import { LiveBus } from '../../kernel/live/live-bus';
import { NetworkMembers } from './network-members';
import { NetworksRepository, type NetworkFacts, type NetworkRecord } from './networks.repository';
import { say } from './networks.sentences';
import { readRanges } from './ranges';

/** Makes, changes and removes networks. Machines belong to them, or to others, in the same transaction. */
@Injectable()
export class NetworksService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionRunner,
    private readonly repository: NetworksRepository,
    private readonly members: NetworkMembers,
    private readonly bus: LiveBus,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** By name. */
  list(): Promise<NetworkRecord[]> {
    return this.repository.list(this.dataSource);
  }

  /** @throws DomainError 400 `invalid_input`, 409 `network_name_taken`, `network_range_taken` */
  create(given: NetworkFacts, origin: RequestOrigin): Promise<NetworkRecord> {
    return this.write(given.name, async (tx) => {
      const id = newId();
      const network = await this.checked(tx, id, given);
      await this.repository.insert(tx.manager, id, network, this.clock.now(), origin.actor.name);
      await this.audit.record(tx.manager, { ...entry(origin, id), action: 'network.created', details: { network } });
      return this.settled(tx, id);
    });
  }

  /**
   * @param change what is to be different
   * @param seen `updatedAt` of what the person has seen
   * @throws DomainError 400 `invalid_input`, 404, 409 `network_changed`, `network_name_taken`, `network_range_taken`
   */
  change(id: string, change: Partial<NetworkFacts>, seen: Date, origin: RequestOrigin): Promise<NetworkRecord> {
    return this.write(change.name ?? '', async (tx) => {
      const before = factsOf(await this.unchanged(tx, id, seen));
      const { name = before.name, ranges = before.ranges, concurrency = before.concurrency } = change;
      const after = await this.checked(tx, id, { name, ranges, concurrency });
      await this.repository.update(tx.manager, id, after, this.clock.now(), origin.actor.name);
      const details = { before, after };
      await this.audit.record(tx.manager, { ...entry(origin, id), action: 'network.changed', details });
      return this.settled(tx, id);
    });
  }

  /** @throws DomainError 404, 409 `network_changed` */
  remove(id: string, seen: Date, origin: RequestOrigin): Promise<void> {
    return this.write('', async (tx) => {
      const network = factsOf(await this.unchanged(tx, id, seen));
      await this.repository.dropRanges(tx.manager, id);
      await this.members.assign(tx);
      await this.repository.delete(tx.manager, id);
      await this.audit.record(tx.manager, { ...entry(origin, id), action: 'network.removed', details: { network } });
      this.bus.changed(tx, { work: true });
    });
  }

  /** Machines belong where they belong now, and workers look whether more may run. */
  private async settled(tx: Transaction, id: string): Promise<NetworkRecord> {
    await this.members.assign(tx);
    this.bus.changed(tx, { work: true });
    return this.required(tx, id);
  }

  private async checked(tx: Transaction, id: string, given: NetworkFacts): Promise<NetworkFacts> {
    const read = readRanges(given.ranges);
    if (read.problem !== null) throw invalidInput([{ field: 'ranges', message: read.problem }]);
    const taken = await this.repository.taken(tx.manager, id, read.ranges);
    if (taken === null) return { ...given, ranges: read.ranges };
    throw new DomainError({
      code: 'network_range_taken',
      status: 409,
      detail: say.range_taken(taken),
      action: say.range_taken_action(),
    });
  }

  private async write<T>(name: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.transactions.run(async (tx) => {
        await this.members.hold(tx, 'networks');
        return work(tx);
      });
    } catch (error) {
      if (violatedUniqueConstraint(error) !== 'networks_name_key') throw error;
      throw new DomainError({ code: 'network_name_taken', status: 409, detail: say.name_taken({ name }) });
    }
  }

  private async unchanged(tx: Transaction, id: string, seen: Date): Promise<NetworkRecord> {
    await queryOne(tx.manager, 'SELECT id FROM networks WHERE id = $1 FOR UPDATE', [id]);
    const network = await this.required(tx, id);
    if (network.updatedAt.getTime() === seen.getTime()) return network;
    throw new DomainError({
      code: 'network_changed',
      status: 409,
      detail: say.changed_meanwhile({ name: network.updatedBy ?? '?' }),
      action: say.look_again(),
    });
  }

  private async required(tx: Transaction, id: string): Promise<NetworkRecord> {
    const network = await this.repository.find(tx.manager, id);
    if (network === null) throw notFound('network');
    return network;
  }
}

function factsOf({ name, ranges, concurrency }: NetworkRecord): NetworkFacts {
  return { name, ranges, concurrency };
}

function entry(origin: RequestOrigin, objectId: string) {
  return { ...origin, objectType: 'network', objectId, outcome: 'ok' as const };
}
