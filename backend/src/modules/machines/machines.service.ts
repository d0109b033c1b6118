import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import { Clock } from '../../kernel/clock';
import { newId } from '../../kernel/database/ids';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { violatedUniqueConstraint } from '../../kernel/errors/database-errors';
import { DomainError, invalidInput, notFound } from '../../kernel/errors/domain-error';
import { DomainEvents } from '../../kernel/events/domain-events';
import { credentialsProblems } from '../credentials/credentials-rules';
import { Credentials } from '../credentials/credentials.service';
import { HostKeys } from '../credentials/host-keys.service';
import { NetworkMembers } from '../networks/network-members';
import { canonicalAddress } from './address';
import { AptProxies } from './apt-proxies';
import type { ChangeMachineDto, CreateMachineDto } from './dto/machine-input.dto';
import type { MachineStatus } from './entities/machines.values';
import { machineChanges } from './machine-changes';
import { MachineState } from './machine-state';
import { MachinesRepository, type MachineRow } from './machines.repository';
import { Tags } from './tags.service';
import type { Sentence } from '../../kernel/sentences/sentences';
import { say } from './machines.sentences';

const NO_PROXY = { aptProxyMode: 'system', aptProxyUrl: null, encAptProxyPassword: null } as const;

/** Adding, editing, archiving and restoring machines. */
@Injectable()
export class Machines {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly repository: MachinesRepository,
    private readonly state: MachineState,
    private readonly tags: Tags,
    private readonly proxies: AptProxies,
    private readonly credentials: Credentials,
    private readonly hostKeys: HostKeys,
    private readonly networks: NetworkMembers,
    private readonly events: DomainEvents,
    private readonly clock: Clock,
  ) {}

  /**
   * Adds a machine with its credentials, all or nothing.
   * @returns its id
   * @throws DomainError `machine_address_taken` with the other machine
   */
  async create(input: CreateMachineDto, origin: RequestOrigin): Promise<string> {
    const problems = credentialsProblems(input.credentials, 'credentials.');
    if (problems.length > 0) throw invalidInput(problems);
    const id = newId();
    const machine = {
      name: input.name,
      hostname: canonicalAddress(input.hostname),
      port: input.port,
      username: input.username,
      machineKind: input.machineKind ?? null,
      ...this.proxies.merge(id, NO_PROXY, input.aptProxy),
    };
    await this.unlessAddressTaken(machine.hostname, machine.port, async (tx) => {
      await this.networks.hold(tx, 'address');
      await this.repository.insert(tx.manager, id, machine, this.clock.now());
      await this.networks.assign(tx, id);
      await this.state.create(tx, id);
      await this.credentials.store(tx, id, input.credentials, origin);
      const tags = await this.tags.assign(tx, id, input.tagIds ?? []);
      const { name, hostname, port, username } = machine;
      const payload = { name, hostname, port, username, tags };
      await this.publish(tx, id, origin, 'machine_created', say.created({ who: origin.actor.name, name }), payload);
    });
    return id;
  }

  /**
   * Changes what is given. Host keys stay when the address changes: whatever answers there must show an approved key.
   * @throws DomainError `not_found`, `machine_archived`, `machine_address_taken`
   */
  async change(id: string, input: ChangeMachineDto, origin: RequestOrigin): Promise<void> {
    const current = await this.requireLive(id);
    const hostname = canonicalAddress(input.hostname ?? current.hostname);
    await this.unlessAddressTaken(hostname, input.port ?? current.port, async (tx) => {
      await this.networks.hold(tx, 'address');
      const before = await this.lockLive(tx, id);
      const after = {
        name: input.name ?? before.name,
        hostname: input.hostname === undefined ? before.hostname : hostname,
        port: input.port ?? before.port,
        username: input.username ?? before.username,
        machineKind: input.machineKind ?? before.machineKind,
        ...this.proxies.merge(id, before, input.aptProxy),
      };
      const tagsBefore = await this.tags.namesOf(tx, id);
      const tags = input.tagIds === undefined ? tagsBefore : await this.tags.assign(tx, id, input.tagIds);
      const changes = machineChanges({ ...before, tags: tagsBefore }, { ...after, tags });
      if (Object.keys(changes).length === 0) return;
      await this.repository.update(tx.manager, id, after, this.clock.now());
      await this.networks.assign(tx, id);
      this.state.patch(tx, id, {});
      const message = say.edited({ who: origin.actor.name, fields: Object.keys(changes).join(', ') });
      await this.publish(tx, id, origin, 'machine_edited', message, { changes });
    });
  }

  /** Replaces the credentials. @throws DomainError `not_found`, `machine_archived`, or naming the field */
  async replaceCredentials(id: string, input: CreateMachineDto['credentials'], origin: RequestOrigin): Promise<void> {
    const problems = credentialsProblems(input);
    if (problems.length > 0) throw invalidInput(problems);
    await this.transactions.run(async (tx) => {
      await this.lockLive(tx, id);
      await this.credentials.store(tx, id, input, origin);
      const payload = { authMethod: input.authMethod, sudoMode: input.sudoMode };
      await this.publish(
        tx,
        id,
        origin,
        'credentials_replaced',
        say.credentials_replaced({ who: origin.actor.name }),
        payload,
      );
    });
  }

  /** Takes it out of use; everything it has is kept. @throws DomainError `machine_busy`, `machine_archived`, `not_found` */
  async archive(id: string, origin: RequestOrigin): Promise<void> {
    await this.transactions.run(async (tx) => {
      const machine = await this.lockLive(tx, id);
      await this.refuseBusy(tx, id);
      await this.repository.archive(tx.manager, id, this.clock.now());
      this.state.patch(tx, id, { status: 'archived' });
      await this.publish(
        tx,
        id,
        origin,
        'machine_archived',
        say.archived({ who: origin.actor.name, name: machine.name }),
      );
    });
  }

  /** Takes it back into use; nothing happens when it is. @throws DomainError `machine_address_taken`, `not_found` */
  async restore(id: string, origin: RequestOrigin): Promise<void> {
    const { hostname, port } = await this.required(id);
    await this.unlessAddressTaken(hostname, port, async (tx) => {
      const machine = await this.repository.lock(tx.manager, id);
      if (machine === null) throw notFound('machine');
      if (machine.deletedAt === null) return;
      await this.repository.restore(tx.manager, id, this.clock.now());
      this.state.patch(tx, id, { status: await this.statusAfterRestore(machine) });
      await this.publish(
        tx,
        id,
        origin,
        'machine_restored',
        say.restored({ who: origin.actor.name, name: machine.name }),
      );
    });
  }

  /** The machine at this address, one in use before one that is archived; null: there is none. */
  known(hostname: string, port: number): Promise<MachineRow | null> {
    return this.repository.knownAt(canonicalAddress(hostname), port);
  }

  /** @throws DomainError `not_found` */
  async required(id: string): Promise<MachineRow> {
    const machine = await this.repository.find(id);
    if (machine === null) throw notFound('machine');
    return machine;
  }

  /** A machine in use. @throws DomainError `not_found`, `machine_archived` */
  async requireLive(id: string): Promise<MachineRow> {
    return notArchived(await this.required(id));
  }

  /** The same, locked until the transaction ends. */
  async lockLive(tx: Transaction, id: string): Promise<MachineRow> {
    const machine = await this.repository.lock(tx.manager, id);
    if (machine === null) throw notFound('machine');
    return notArchived(machine);
  }

  /** That at archiving. Of machines archived before it was kept, any key that is not settled locks away. */
  private async statusAfterRestore(machine: MachineRow): Promise<MachineStatus> {
    if (machine.archivedStatus !== null) return machine.archivedStatus;
    const keys = await this.hostKeys.list(machine.id);
    if (keys.some((key) => key.status === 'changed')) return 'quarantined';
    return machine.lastSeenAt === null ? 'new' : 'active';
  }

  private async refuseBusy(tx: Transaction, id: string): Promise<void> {
    if ((await this.repository.runningJobId(tx.manager, id)) === null) return;
    throw new DomainError({
      code: 'machine_busy',
      status: 409,
      detail: say.busy(),
      action: say.busy_action(),
    });
  }

  /** The unique index decides, also between two requests at the same moment; the name is looked up afterwards. */
  private async unlessAddressTaken(
    hostname: string,
    port: number,
    work: (tx: Transaction) => Promise<void>,
  ): Promise<void> {
    try {
      await this.transactions.run(work);
    } catch (error) {
      if (violatedUniqueConstraint(error) !== 'machines_live_address_key') throw error;
      const other = await this.repository.atAddress(hostname, port);
      throw new DomainError({
        code: 'machine_address_taken',
        status: 409,
        detail: say.address_taken({ name: other?.name ?? say.another_machine(), host: hostname, port }),
        action: say.address_taken_action(),
        extensions: { machine: other },
        cause: error,
      });
    }
  }

  private publish(
    tx: Transaction,
    machineId: string,
    origin: RequestOrigin,
    type: string,
    message: Sentence,
    payload?: Record<string, unknown>,
  ): Promise<void> {
    const event = { type, machineId, severity: 'info', actor: origin.actor, role: origin.role, message } as const;
    return this.events.publish(tx, payload === undefined ? event : { ...event, payload });
  }
}

/** @throws DomainError `machine_archived` */
export function notArchived(machine: MachineRow): MachineRow {
  if (machine.deletedAt === null) return machine;
  throw new DomainError({
    code: 'machine_archived',
    status: 409,
    detail: say.archived_already({ name: machine.name }),
    action: say.restore_first(),
  });
}
