import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Actor } from '../../kernel/auth/actor';
import { affected, queryOne } from '../../kernel/database/rows';
import { DomainError, notFound } from '../../kernel/errors/domain-error';
import { say } from './machines.sentences';

interface Tombstone {
  readonly name: string;
  readonly purgedAt: Date;
  readonly purgedBy: string | null;
}

/** What remains of purged machines beside their audit. */
@Injectable()
export class MachineTombstones {
  constructor(private readonly dataSource: DataSource) {}

  async set(manager: EntityManager, machine: { id: string; name: string }, at: Date, by: Actor): Promise<void> {
    await affected(
      manager,
      `INSERT INTO machine_tombstones (machine_id, name, purged_at, purged_by_type, purged_by_id, purged_by_name)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [machine.id, machine.name, at, by.type, by.id, by.name],
    );
  }

  /** Why there is no machine of this id: 410 `machine_purged` when there was one, 404 otherwise. */
  async absence(machineId: string): Promise<DomainError> {
    const tombstone = await queryOne<Tombstone>(
      this.dataSource,
      `SELECT name, purged_at AS "purgedAt", purged_by_name AS "purgedBy" FROM machine_tombstones WHERE machine_id = $1`,
      [machineId],
    );
    if (tombstone === null) return notFound('machine');
    const { name, purgedAt, purgedBy } = tombstone;
    return new DomainError({
      code: 'machine_purged',
      status: 410,
      detail: say.purged_already({ name, who: purgedBy ?? '?', day: purgedAt.toISOString().slice(0, 10) }),
      extensions: { machine: { id: machineId, name, purgedAt, purgedBy } },
    });
  }
}
