import { Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { Contracts } from '../../kernel/contracts/contracts';
import { toDocument, type DocumentDto } from '../../kernel/contracts/document.dto';
import { newId } from '../../kernel/database/ids';
import { affected, queryRows } from '../../kernel/database/rows';
import type { PreferenceKey } from './registry/preferences';
import { USER_PREFERENCE, type ValueDocument } from './settings.contracts';

/** Something that a person has chosen. */
export interface PreferenceRow {
  readonly key: string;
  /** Undefined: what stands there cannot be read. */
  readonly value: unknown;
  /** As it stands there. */
  readonly document: DocumentDto;
}

/** The only place with SQL for `user_preferences`. */
@Injectable()
export class PreferencesRepository {
  constructor(private readonly contracts: Contracts) {}

  async of(connection: EntityManager | DataSource, userId: string): Promise<PreferenceRow[]> {
    const rows = await queryRows<{ key: string; stored: unknown }>(
      connection,
      'SELECT key, value_json AS stored FROM user_preferences WHERE user_id = $1',
      [userId],
    );
    return rows.map(({ key, stored }) => {
      const reading = this.contracts.read<ValueDocument>(USER_PREFERENCE.name, stored);
      const document = toDocument(USER_PREFERENCE.name, reading);
      return { key, document, value: reading.readable ? reading.document.value : undefined };
    });
  }

  async put(manager: EntityManager, userId: string, key: PreferenceKey, value: unknown, at: Date): Promise<void> {
    await affected(
      manager,
      `INSERT INTO user_preferences (id, user_id, key, value_json, updated_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (user_id, key) DO UPDATE SET value_json = $4, updated_at = $5`,
      [newId(), userId, key, this.contracts.document(USER_PREFERENCE.name, { value }), at],
    );
  }

  async remove(manager: EntityManager, userId: string, key: PreferenceKey): Promise<void> {
    await affected(manager, 'DELETE FROM user_preferences WHERE user_id = $1 AND key = $2', [userId, key]);
  }
}
