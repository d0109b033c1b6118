import { Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { Contracts } from '../../kernel/contracts/contracts';
import { toDocument, type DocumentDto } from '../../kernel/contracts/document.dto';
import { affected, queryOne, queryRows } from '../../kernel/database/rows';
import type { AppSettingKey } from './registry/app-settings';
import { APP_SETTING, type ValueDocument } from './settings.contracts';

/** A setting that somebody has set. */
export interface SettingRow {
  readonly key: string;
  /** Undefined: what stands there cannot be read. */
  readonly value: unknown;
  /** As it stands there. */
  readonly document: DocumentDto;
  readonly updatedAt: Date;
  readonly updatedBy: string | null;
}

interface StoredRow extends Omit<SettingRow, 'value' | 'document'> {
  readonly stored: unknown;
}

const columns = 'key, value_json AS stored, updated_at AS "updatedAt", updated_by AS "updatedBy"';

/** The only place with SQL for `app_settings`. */
@Injectable()
export class SettingsRepository {
  constructor(private readonly contracts: Contracts) {}

  async all(connection: EntityManager | DataSource): Promise<SettingRow[]> {
    const rows = await queryRows<StoredRow>(connection, `SELECT ${columns} FROM app_settings ORDER BY key`);
    return rows.map((row) => this.read(row));
  }

  async byKey(connection: EntityManager | DataSource, key: AppSettingKey): Promise<SettingRow | null> {
    const row = await queryOne<StoredRow>(connection, `SELECT ${columns} FROM app_settings WHERE key = $1`, [key]);
    return row === null ? null : this.read(row);
  }

  /** One change of a setting at a time, also of one that has no row yet; until the transaction ends. */
  async lock(manager: EntityManager, key: AppSettingKey): Promise<void> {
    await queryRows(manager, `SELECT pg_advisory_xact_lock(hashtext('app_settings'), hashtext($1))`, [key]);
  }

  /** The time is later than that of the value before, whatever the clock says: it tells one from the other. */
  async put(manager: EntityManager, key: AppSettingKey, value: unknown, at: Date, by: string): Promise<void> {
    await affected(
      manager,
      `INSERT INTO app_settings AS s (key, value_json, updated_at, updated_by) VALUES ($1, $2, $3, $4)
       ON CONFLICT (key) DO UPDATE SET value_json = $2, updated_by = $4,
         updated_at = greatest($3::timestamptz, s.updated_at + interval '1 millisecond')`,
      [key, this.contracts.document(APP_SETTING.name, { value }), at, by],
    );
  }

  async remove(manager: EntityManager, key: AppSettingKey): Promise<void> {
    await affected(manager, 'DELETE FROM app_settings WHERE key = $1', [key]);
  }

  private read({ stored, ...row }: StoredRow): SettingRow {
    const reading = this.contracts.read<ValueDocument>(APP_SETTING.name, stored);
    const document = toDocument(APP_SETTING.name, reading);
    return { ...row, document, value: reading.readable ? reading.document.value : undefined };
  }
}
