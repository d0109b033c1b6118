import { Injectable } from '@nestjs/common';
import { roleAllows } from '../../kernel/auth/permissions';
import { DatabaseClock } from '../../kernel/database/database-clock';
import type { Transaction } from '../../kernel/database/transaction';
import { DomainError } from '../../kernel/errors/domain-error';
import { OnDomainEvent, type DomainEvent } from '../../kernel/events/domain-event';
import { tagsChangeOf } from '../machines/tags-change';
import { bindingWindows } from './binding-windows';
import { WindowsRepository, type WindowOfMachine } from './windows.repository';
import { say } from './windows.sentences';

/**
 * Tags decide which windows count for a machine: an edit that takes it out of one, or into the openings of another, is a
 * decision about windows.
 */
@Injectable()
export class TagEdits {
  constructor(
    private readonly repository: WindowsRepository,
    private readonly clock: DatabaseClock,
  ) {}

  /**
   * A machine that no window speaks of may be given to one by anybody: that frees nothing.
   * @throws DomainError 403 `windows_bound` for people without the permission to change windows
   */
  @OnDomainEvent('machine_edited', 'machine_created')
  async refuseSidestep(event: DomainEvent, tx: Transaction): Promise<void> {
    const { machineId, role } = event;
    const tags = tagsChangeOf(event);
    if (machineId === null || tags === null || (role != null && roleAllows(role, 'windows.write'))) return;
    const now = await this.clock.now(tx.manager);
    const binding = async (names: readonly string[]): Promise<WindowOfMachine[]> =>
      bindingWindows(await this.repository.ofTagged(tx.manager, machineId, names), now);
    const before = await binding(tags.from);
    const after = new Set((await binding(tags.to)).map(({ id }) => id));
    if (before.length === 0 || (before.length === after.size && before.every(({ id }) => after.has(id)))) return;
    const windows = before.map(({ name }) => name).join(', ');
    const [detail, action] = [say.tags_bind({ windows }), say.tags_bind_action()];
    throw new DomainError({ code: 'windows_bound', status: 403, detail, action });
  }
}
