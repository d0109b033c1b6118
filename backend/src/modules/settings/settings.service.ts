import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditLog } from '../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import type { DocumentDto } from '../../kernel/contracts/document.dto';
import { Clock } from '../../kernel/clock';
import { TransactionRunner } from '../../kernel/database/transaction';
import { DomainError, invalidInput, notFound } from '../../kernel/errors/domain-error';
import { LiveBus } from '../../kernel/live/live-bus';
import { APP_SETTINGS, isAppSettingKey, type AppSettingKey, type AppSettingValue } from './registry/app-settings';
import { valueProblems } from './registry/value-check';
import { SettingsRepository, type SettingRow } from './settings.repository';
import { say } from './settings.sentences';

/** A setting as it holds now. */
export interface CurrentSetting {
  readonly key: AppSettingKey;
  readonly value: unknown;
  /** Who set it and when; null while the default holds. */
  readonly set: { readonly at: Date; readonly by: string | null } | null;
  /** The stored value does not fit the schema any more, or cannot be read, so that the default holds. */
  readonly unfit: boolean;
  /** What is stored, where it is unfit. */
  readonly stored: DocumentDto | null;
}

/** Settings of the installation. Every question reads the database, so that all processes always see the same. */
@Injectable()
export class SettingsService {
  private readonly logger = new Logger(SettingsService.name);

  constructor(
    private readonly database: DataSource,
    private readonly transactions: TransactionRunner,
    private readonly repository: SettingsRepository,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    private readonly live: LiveBus,
  ) {}

  /** The value that holds now: what was set, or the default. */
  /** @param connection where it is read inside a transaction */
  async get<K extends AppSettingKey>(
    key: K,
    connection: DataSource | EntityManager = this.database,
  ): Promise<AppSettingValue<K>> {
    return this.current(key, await this.repository.byKey(connection, key)).value as AppSettingValue<K>;
  }

  /** All settings of the registry, in its order. */
  async all(): Promise<CurrentSetting[]> {
    const rows = new Map((await this.repository.all(this.database)).map((row) => [row.key, row]));
    return (Object.keys(APP_SETTINGS) as AppSettingKey[]).map((key) => this.current(key, rows.get(key) ?? null));
  }

  /** @throws DomainError `unknown_setting` (404) */
  async one(name: string): Promise<CurrentSetting> {
    const key = known(name);
    return this.current(key, await this.repository.byKey(this.database, key));
  }

  /**
   * Sets a value for the whole installation.
   * @param expected when the value that the caller has seen was set; null: the default held
   * @throws DomainError `unknown_setting` (404), `invalid_input` (400), `setting_changed` (409)
   */
  async set(name: string, value: unknown, expected: Date | null, by: RequestOrigin): Promise<CurrentSetting> {
    const key = known(name);
    const problems = valueProblems(key, APP_SETTINGS[key].schema.json, value);
    if (problems.length > 0) throw invalidInput(problems);
    return this.change(key, value, expected, by);
  }

  /** Takes a value back, so that the default holds again. Throws like {@link set}. */
  reset(name: string, expected: Date | null, by: RequestOrigin): Promise<CurrentSetting> {
    return this.change(known(name), undefined, expected, by);
  }

  /** `value` undefined: the default. */
  private change(
    key: AppSettingKey,
    value: unknown,
    expected: Date | null,
    by: RequestOrigin,
  ): Promise<CurrentSetting> {
    return this.transactions.run(async (tx) => {
      await this.repository.lock(tx.manager, key);
      const before = await this.repository.byKey(tx.manager, key);
      if (before?.updatedAt.getTime() !== expected?.getTime()) throw changedMeanwhile(key, before);
      if (value === undefined) await this.repository.remove(tx.manager, key);
      else await this.repository.put(tx.manager, key, value, this.clock.now(), by.actor.name);
      await this.audit.record(tx.manager, {
        ...by,
        action: value === undefined ? 'setting.reset' : 'setting.change',
        objectType: 'setting',
        objectId: key,
        outcome: 'ok',
        // A value that does not fit any more never held.
        details: {
          before: this.current(key, before).value,
          after: value ?? APP_SETTINGS[key].default,
        },
      });
      this.live.changed(tx, { settingKeys: [key] });
      return this.current(key, await this.repository.byKey(tx.manager, key));
    });
  }

  private current(key: AppSettingKey, row: SettingRow | null): CurrentSetting {
    const { schema, default: standard } = APP_SETTINGS[key];
    if (row === null) return { key, value: standard, set: null, unfit: false, stored: null };
    const set = { at: row.updatedAt, by: row.updatedBy };
    const problems = valueProblems(key, schema.json, row.value);
    if (problems.length === 0) return { key, value: row.value, set, unfit: false, stored: null };
    this.logger.warn({ setting: key, problems }, 'A stored setting is outside its schema; its default holds.');
    return { key, value: standard, set, unfit: true, stored: row.document };
  }
}

function known(name: string): AppSettingKey {
  if (!isAppSettingKey(name)) throw notFound('setting', 'unknown_setting');
  return name;
}

function changedMeanwhile(key: AppSettingKey, now: SettingRow | null): DomainError {
  return new DomainError({
    code: 'setting_changed',
    status: 409,
    detail:
      now === null
        ? say.reset_meanwhile({ setting: key })
        : say.changed_meanwhile({ name: now.updatedBy ?? '?', setting: key }),
    action: say.look_again(),
  });
}
