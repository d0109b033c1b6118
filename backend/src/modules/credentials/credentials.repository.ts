import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { affected, queryOne } from '../../kernel/database/rows';
import type { AuthMethod, CredentialsStatus, SudoMode } from './entities/credentials.values';

/** Columns that hold an envelope. */
export const SECRET_COLUMNS = ['enc_password', 'enc_sudo_password', 'enc_private_key', 'enc_key_passphrase'] as const;
export type SecretColumn = (typeof SECRET_COLUMNS)[number];

/** What it takes to sign in, its secrets as envelopes. */
export interface StoredCredentials extends Record<SecretColumn, string | null> {
  auth_method: AuthMethod;
  sudo_mode: SudoMode;
}

export interface CredentialsRow extends StoredCredentials {
  status: CredentialsStatus | null;
  last_test_at: Date | null;
  updated_at: Date;
}

export interface CredentialsValues extends Record<SecretColumn, string | null> {
  readonly machineId: string;
  readonly authMethod: AuthMethod;
  readonly sudoMode: SudoMode;
  readonly at: Date;
}

/** The only place with SQL on machine_credentials, but for what every sign-in reads (machines, connection-facts). */
@Injectable()
export class CredentialsRepository {
  constructor(private readonly dataSource: DataSource) {}

  find(machineId: string, manager: EntityManager = this.dataSource.manager): Promise<CredentialsRow | null> {
    return queryOne<CredentialsRow>(
      manager,
      `SELECT auth_method, sudo_mode, status, last_test_at, updated_at, ${SECRET_COLUMNS.join(', ')}
         FROM machine_credentials WHERE machine_id = $1`,
      [machineId],
    );
  }

  /** Stores all or replaces all: nothing of what stood there before is kept but the time of making. */
  async replace(manager: EntityManager, values: CredentialsValues): Promise<void> {
    const secrets = SECRET_COLUMNS.map((column) => values[column]);
    await affected(
      manager,
      `INSERT INTO machine_credentials (machine_id, auth_method, sudo_mode, status, created_at, updated_at,
                                        ${SECRET_COLUMNS.join(', ')})
       VALUES ($1, $2, $3, 'unknown', $4, $4, $5, $6, $7, $8)
       ON CONFLICT (machine_id) DO UPDATE SET
         auth_method = excluded.auth_method, sudo_mode = excluded.sudo_mode, status = excluded.status,
         last_test_at = NULL, updated_at = excluded.updated_at,
         ${SECRET_COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')}`,
      [values.machineId, values.authMethod, values.sudoMode, values.at, ...secrets],
    );
  }

  async markTested(manager: EntityManager, machineId: string, status: CredentialsStatus, at: Date): Promise<void> {
    await affected(manager, 'UPDATE machine_credentials SET status = $2, last_test_at = $3 WHERE machine_id = $1', [
      machineId,
      status,
      at,
    ]);
  }
}
