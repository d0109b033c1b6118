import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { DocumentDto } from '../../kernel/contracts/document.dto';
import { Clock } from '../../kernel/clock';
import { TransactionRunner } from '../../kernel/database/transaction';
import { invalidInput, notFound } from '../../kernel/errors/domain-error';
import { LiveBus } from '../../kernel/live/live-bus';
import { PreferencesRepository } from './preferences.repository';
import {
  defaultPreference,
  isPreferenceKey,
  PREFERENCE_KEYS,
  PREFERENCES,
  type PreferenceKey,
  type PreferenceValues,
} from './registry/preferences';
import { valueProblems } from './registry/value-check';
import { SettingsService } from './settings.service';

/** What holds for one person. */
export interface OwnPreferences {
  /** Chosen, or the default. */
  readonly values: PreferenceValues;
  /** What they chose themselves; the rest follows the defaults. */
  readonly chosen: readonly PreferenceKey[];
  /** Choices that cannot be read, as they stand; the default holds in their place. */
  readonly unreadable: readonly { readonly key: string; readonly stored: DocumentDto }[];
}

/** How people want the portal to be. Last write wins: they only ever meet themselves. */
@Injectable()
export class PreferencesService {
  constructor(
    private readonly database: DataSource,
    private readonly transactions: TransactionRunner,
    private readonly repository: PreferencesRepository,
    private readonly settings: SettingsService,
    private readonly clock: Clock,
    private readonly live: LiveBus,
  ) {}

  /** A stored choice that does not fit any more is as if it had not been made. */
  async of(userId: string): Promise<OwnPreferences> {
    const [rows, settings] = await Promise.all([this.repository.of(this.database, userId), this.settings.all()]);
    const setting = new Map(settings.map(({ key, value }) => [key, value]));
    const choices = new Map(rows.filter(fits).map(({ key, value }) => [key, value]));
    const values = PREFERENCE_KEYS.map((key) => [
      key,
      choices.has(key) ? choices.get(key) : defaultPreference(key, (name) => setting.get(name)),
    ]);
    return {
      values: Object.fromEntries(values) as PreferenceValues,
      chosen: PREFERENCE_KEYS.filter((key) => choices.has(key)),
      unreadable: rows
        .filter(({ document }) => document.unreadable !== null)
        .map(({ key, document }) => ({ key, stored: document })),
    };
  }

  /** @throws DomainError `unknown_preference` (404), `invalid_input` (400) */
  async choose(userId: string, name: string, value: unknown): Promise<OwnPreferences> {
    const key = known(name);
    const problems = valueProblems(key, PREFERENCES[key].schema.json, value);
    if (problems.length > 0) throw invalidInput(problems);
    await this.transactions.run(async (tx) => {
      await this.repository.put(tx.manager, userId, key, value, this.clock.now());
      this.live.changed(tx, { preferenceUserIds: [userId] });
    });
    return this.of(userId);
  }

  /** The default holds again. @throws DomainError `unknown_preference` (404) */
  async reset(userId: string, name: string): Promise<OwnPreferences> {
    const key = known(name);
    await this.transactions.run(async (tx) => {
      await this.repository.remove(tx.manager, userId, key);
      this.live.changed(tx, { preferenceUserIds: [userId] });
    });
    return this.of(userId);
  }
}

function known(name: string): PreferenceKey {
  if (!isPreferenceKey(name)) throw notFound('preference', 'unknown_preference');
  return name;
}

function fits({ key, value }: { key: string; value: unknown }): boolean {
  return isPreferenceKey(key) && valueProblems(key, PREFERENCES[key].schema.json, value).length === 0;
}
