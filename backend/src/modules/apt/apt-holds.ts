import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { affected, queryRows } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';

/** What this program remembers of a hold that it set. */
export interface RememberedHold {
  /** As apt names the mark. */
  readonly name: string;
  readonly note: string | null;
  readonly setBy: string | null;
  readonly setAt: Date;
  /** When it is to be looked at again; null: never. */
  readonly expiresAt: Date | null;
}

/** A hold as it is set. */
export interface SetHold {
  readonly machineId: string;
  readonly names: readonly string[];
  readonly note: string | null;
  readonly expiresAt: Date | null;
  readonly setBy: string | null;
  readonly setAt: Date;
}

/**
 * The only place with SQL for `apt_holds`. The mark itself is on the machine; here stands why, by whom and until when.
 * A row lives as long as its mark: whoever reads the marks of a machine drops those of marks that are gone, so that
 * nobody's hold of a later day is taken for this program's.
 */
@Injectable()
export class AptHolds {
  constructor(private readonly dataSource: DataSource) {}

  /** By the name of the mark. */
  async of(machineId: string): Promise<ReadonlyMap<string, RememberedHold>> {
    const rows = await queryRows<RememberedHold>(this.dataSource, OF_MACHINE, [machineId]);
    return new Map(rows.map((row) => [row.name, row]));
  }

  /** What is set again gets the new note and date. */
  async remember(tx: Transaction, hold: SetHold): Promise<void> {
    const { machineId, names, note, expiresAt, setBy, setAt } = hold;
    await affected(tx.manager, REMEMBER, [machineId, names, note, expiresAt, setBy, setAt]);
  }

  /** `marks`: all that are on the machine now. */
  async forgetOthers(tx: Transaction, machineId: string, marks: readonly string[]): Promise<void> {
    await affected(tx.manager, 'DELETE FROM apt_holds WHERE machine_id = $1 AND NOT name = ANY($2::text[])', [
      machineId,
      marks,
    ]);
  }
}

const OF_MACHINE = `
  SELECT name, note, set_by AS "setBy", set_at AS "setAt", expires_at AS "expiresAt"
  FROM apt_holds WHERE machine_id = $1`;

const REMEMBER = `
  INSERT INTO apt_holds (machine_id, name, note, expires_at, set_by, set_at)
  SELECT $1::uuid, name, $3, $4, $5, $6 FROM unnest($2::text[]) AS name
  ON CONFLICT (machine_id, name) DO UPDATE
  SET note = excluded.note, expires_at = excluded.expires_at, set_by = excluded.set_by, set_at = excluded.set_at`;
