import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditLog } from '../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import { Clock } from '../../kernel/clock';
import type { Transaction } from '../../kernel/database/transaction';
import { DomainError } from '../../kernel/errors/domain-error';
import { Keyring } from '../../kernel/secrets/keyring';
import type { CredentialsInput } from './credentials-rules';
import { CredentialsRepository, type SecretColumn, type StoredCredentials } from './credentials.repository';
import type { CredentialsSummaryDto } from './dto/credentials.dto';
import type { CredentialsStatus } from './entities/credentials.values';
import { HeldCredentials } from './held-credentials';
import { say } from './credentials.sentences';

const TABLE = 'machine_credentials';

/** Stores and uses what signs in to machines. There is no way to read a secret but to use it. */
@Injectable()
export class Credentials {
  constructor(
    private readonly dataSource: DataSource,
    private readonly repository: CredentialsRepository,
    private readonly keyring: Keyring,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /**
   * Stores credentials in place of whatever was there. The input must have passed `credentialsProblems`.
   * The audit row commits with it.
   */
  async store(tx: Transaction, machineId: string, input: CredentialsInput, origin: RequestOrigin): Promise<void> {
    const seal = (column: SecretColumn, value: string | null | undefined): string | null =>
      value === null || value === undefined
        ? null
        : this.keyring.encrypt({ table: TABLE, rowId: machineId, column }, value);
    const replaced = (await this.repository.find(machineId, tx.manager)) !== null;
    await this.repository.replace(tx.manager, {
      machineId,
      authMethod: input.authMethod,
      sudoMode: input.sudoMode,
      at: this.clock.now(),
      enc_password: seal('enc_password', input.password),
      enc_sudo_password: seal('enc_sudo_password', input.sudoPassword),
      enc_private_key: seal('enc_private_key', input.privateKey),
      enc_key_passphrase: seal('enc_key_passphrase', input.keyPassphrase),
    });
    await this.audit.record(tx.manager, {
      ...origin,
      action: replaced ? 'credentials.replaced' : 'credentials.stored',
      objectType: TABLE,
      objectId: machineId,
      machineId,
      outcome: 'ok',
      details: { authMethod: input.authMethod, sudoMode: input.sudoMode },
    });
  }

  /** What can be told about them; null when none are stored. */
  async summary(machineId: string): Promise<CredentialsSummaryDto | null> {
    const row = await this.repository.find(machineId);
    if (row === null) return null;
    return {
      authMethod: row.auth_method,
      sudoMode: row.sudo_mode,
      hasPassword: row.enc_password !== null,
      hasPrivateKey: row.enc_private_key !== null,
      hasPassphrase: row.enc_key_passphrase !== null,
      hasSudoPassword: row.enc_sudo_password !== null,
      status: row.status ?? 'unknown',
      lastTestAt: row.last_test_at,
      updatedAt: row.updated_at,
    };
  }

  /** Keeps how the last connection test ended. */
  markTested(tx: Transaction, machineId: string, status: CredentialsStatus, at: Date): Promise<void> {
    return this.repository.markTested(tx.manager, machineId, status, at);
  }

  /**
   * Decrypts for use. The audit row is written before, on a connection of its own: what happens afterwards cannot take
   * it back, and without it nothing is decrypted. Call `release()` of the result when the use ends.
   *
   * @param purpose what for, in words for the audit
   * @throws DomainError `no_credentials`, `credentials_unreadable`
   */
  async take(machineId: string, purpose: string, origin: RequestOrigin): Promise<HeldCredentials> {
    return this.takeStored(machineId, await this.repository.find(machineId), purpose, origin);
  }

  /** The same for what was read already; null: none are stored. */
  async takeStored(
    machineId: string,
    row: StoredCredentials | null,
    purpose: string,
    origin: RequestOrigin,
  ): Promise<HeldCredentials> {
    if (row === null) throw noCredentials();
    const what = { action: 'credentials.used', objectType: TABLE, objectId: machineId, machineId } as const;
    const entry = { ...origin, ...what };
    await this.audit.record(this.dataSource.manager, { ...entry, outcome: 'ok', details: { purpose } });
    try {
      return new HeldCredentials(row.auth_method, row.sudo_mode, (column) => this.decrypt(machineId, row, column));
    } catch (cause) {
      await this.audit.record(this.dataSource.manager, { ...entry, outcome: 'error', details: { purpose } });
      throw new DomainError({
        code: 'credentials_unreadable',
        status: 409,
        detail: say.unreadable(),
        action: say.unreadable_action(),
        cause,
      });
    }
  }

  /** {@link take} and release around `use`. */
  async withCredentials<T>(
    machineId: string,
    purpose: string,
    origin: RequestOrigin,
    use: (credentials: HeldCredentials) => Promise<T>,
  ): Promise<T> {
    const held = await this.take(machineId, purpose, origin);
    try {
      return await use(held);
    } finally {
      held.release();
    }
  }

  private decrypt(machineId: string, row: StoredCredentials, column: SecretColumn): string | undefined {
    const envelope = row[column];
    return envelope === null ? undefined : this.keyring.decrypt({ table: TABLE, rowId: machineId, column }, envelope);
  }
}

function noCredentials(): DomainError {
  return new DomainError({
    code: 'no_credentials',
    status: 409,
    detail: say.none(),
    action: say.none_action(),
  });
}
