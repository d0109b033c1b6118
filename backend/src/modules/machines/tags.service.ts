import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock';
import { newId } from '../../kernel/database/ids';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { DomainError, invalidInput, notFound } from '../../kernel/errors/domain-error';
import { violatedUniqueConstraint } from '../../kernel/errors/database-errors';
import { LiveBus } from '../../kernel/live/live-bus';
import type { ChangeTagDto, CreateTagDto, TagDto, TagUseDto } from './dto/tag.dto';
import { TagUses } from './tag-uses';
import { TagsRepository } from './tags.repository';
import { say } from './machines.sentences';

/** Words to group machines by. */
@Injectable()
export class Tags {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly repository: TagsRepository,
    private readonly uses: TagUses,
    private readonly clock: Clock,
    private readonly live: LiveBus,
  ) {}

  list(): Promise<TagUseDto[]> {
    return this.repository.list();
  }

  /** @throws DomainError `tag_name_taken` */
  create(input: CreateTagDto): Promise<TagDto> {
    const tag: TagDto = { id: newId(), name: input.name, color: input.color ?? null };
    return this.unlessNameTaken(async (tx) => {
      await this.repository.insert(tx.manager, tag, this.clock.now());
      return tag;
    });
  }

  /** @throws DomainError `tag_name_taken`, `not_found` */
  change(id: string, input: ChangeTagDto): Promise<TagDto> {
    return this.unlessNameTaken(async (tx) => {
      const before = await this.required(tx, id);
      const tag: TagDto = {
        id,
        name: input.name ?? before.name,
        color: input.color === undefined ? before.color : input.color,
      };
      await this.repository.update(tx.manager, tag);
      await this.announceCarriers(tx, id);
      return tag;
    });
  }

  /** Takes it off every machine. @throws DomainError `not_found`, `tag_in_use` naming what goes by it in the rooms above */
  async remove(id: string): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.required(tx, id);
      const [detail, ...more] = await this.uses.of(tx, id);
      if (detail !== undefined) {
        const errors = [detail, ...more].map((message) => ({ field: 'id', message }));
        throw new DomainError({ code: 'tag_in_use', status: 409, detail, action: say.tag_in_use_action(), errors });
      }
      await this.announceCarriers(tx, id);
      await this.repository.delete(tx.manager, id);
    });
  }

  /**
   * Makes these the tags of a machine.
   * @returns their names
   * @throws DomainError naming the field `tagIds` when one does not exist
   */
  async assign(tx: Transaction, machineId: string, tagIds: readonly string[]): Promise<string[]> {
    const wanted = [...new Set(tagIds.map((id) => id.toLowerCase()))];
    const found = await this.repository.named(tx.manager, wanted);
    if (found.length !== wanted.length) {
      throw invalidInput([{ field: 'tagIds', message: say.unknown_tag({ field: 'tagIds' }) }]);
    }
    await this.repository.assign(tx.manager, machineId, wanted);
    return found.map((tag) => tag.name);
  }

  /** The names of a machine's tags. */
  async namesOf(tx: Transaction, machineId: string): Promise<string[]> {
    return (await this.repository.ofMachine(tx.manager, machineId)).map((tag) => tag.name);
  }

  private async required(tx: Transaction, id: string): Promise<TagDto> {
    const tag = await this.repository.find(tx.manager, id);
    if (tag === null) throw notFound('tag');
    return tag;
  }

  private async announceCarriers(tx: Transaction, id: string): Promise<void> {
    const machineIds = await this.repository.carriers(tx.manager, id);
    if (machineIds.length > 0) this.live.changed(tx, { machineIds });
  }

  private async unlessNameTaken<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.transactions.run(work);
    } catch (error) {
      if (violatedUniqueConstraint(error) !== 'tags_name_key') throw error;
      throw new DomainError({
        code: 'tag_name_taken',
        status: 409,
        detail: say.tag_name_taken(),
        action: say.tag_name_taken_action(),
        cause: error,
      });
    }
  }
}
