import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { affected, queryOne, queryRows } from '../../kernel/database/rows';
import type { TagDto, TagUseDto } from './dto/tag.dto';

/** The only place with SQL that writes tags and machine_tags. */
@Injectable()
export class TagsRepository {
  constructor(private readonly dataSource: DataSource) {}

  list(): Promise<TagUseDto[]> {
    return queryRows<TagUseDto>(
      this.dataSource,
      `SELECT t.id, t.name, t.color, count(mt.machine_id)::int AS "machineCount"
         FROM tags t LEFT JOIN machine_tags mt ON mt.tag_id = t.id
        GROUP BY t.id ORDER BY lower(t.name), t.id`,
    );
  }

  async insert(manager: EntityManager, tag: TagDto, at: Date): Promise<void> {
    await affected(manager, 'INSERT INTO tags (id, name, color, created_at) VALUES ($1, $2, $3, $4)', [
      tag.id,
      tag.name,
      tag.color,
      at,
    ]);
  }

  find(manager: EntityManager, id: string): Promise<TagDto | null> {
    return queryOne<TagDto>(manager, 'SELECT id, name, color FROM tags WHERE id = $1 FOR UPDATE', [id]);
  }

  async update(manager: EntityManager, tag: TagDto): Promise<void> {
    await affected(manager, 'UPDATE tags SET name = $2, color = $3 WHERE id = $1', [tag.id, tag.name, tag.color]);
  }

  async delete(manager: EntityManager, id: string): Promise<void> {
    await affected(manager, 'DELETE FROM tags WHERE id = $1', [id]);
  }

  /** The machines that carry a tag. */
  async carriers(manager: EntityManager, tagId: string): Promise<string[]> {
    const rows = await queryRows<{ id: string }>(
      manager,
      'SELECT machine_id AS id FROM machine_tags WHERE tag_id = $1',
      [tagId],
    );
    return rows.map((row) => row.id);
  }

  /** The names of these tags; unknown ids are absent. Kept from being deleted until the transaction ends. */
  named(manager: EntityManager, ids: readonly string[]): Promise<TagDto[]> {
    return queryRows<TagDto>(
      manager,
      'SELECT id, name, color FROM tags WHERE id = ANY ($1::uuid[]) ORDER BY lower(name), id FOR KEY SHARE',
      [ids],
    );
  }

  /** The tags of a machine by name. */
  ofMachine(manager: EntityManager, machineId: string): Promise<TagDto[]> {
    return queryRows<TagDto>(
      manager,
      `SELECT t.id, t.name, t.color FROM machine_tags mt JOIN tags t ON t.id = mt.tag_id
        WHERE mt.machine_id = $1 ORDER BY lower(t.name), t.id`,
      [machineId],
    );
  }

  /** Makes these the tags of a machine, all of them. */
  async assign(manager: EntityManager, machineId: string, tagIds: readonly string[]): Promise<void> {
    await affected(manager, 'DELETE FROM machine_tags WHERE machine_id = $1 AND NOT tag_id = ANY ($2::uuid[])', [
      machineId,
      tagIds,
    ]);
    await affected(
      manager,
      `INSERT INTO machine_tags (machine_id, tag_id) SELECT $1::uuid, id FROM unnest($2::uuid[]) AS wanted (id)
       ON CONFLICT DO NOTHING`,
      [machineId, tagIds],
    );
  }
}
