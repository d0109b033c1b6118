import { computed, inject, Injectable, signal } from '@angular/core';
import { Api } from '../../api/api';
import { settingsList, settingsPut, settingsReset } from '../../api/functions';
import type { SettingDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Live } from '../../core/live/live';
import { readWhileAllowed } from '../../core/session/read-while-allowed';
import { faultOf, sameValue, type Fault } from './setting-check';

export type SettingKey = SettingDto['key'];
export type SettingValue = SettingDto['value'];
/** What is in the field; null while it is not a value at all, such as an empty number. */
export type Draft = SettingValue | null;

/**
 * The settings of the installation and what is being changed about them. Changes that are not saved survive leaving the
 * page, and settings that others change meanwhile show their new value, with the change still on top.
 */
@Injectable({ providedIn: 'root' })
export class SettingsStore {
  private readonly api = inject(Api);
  private readonly drafts = signal<ReadonlyMap<SettingKey, Draft>>(new Map());
  private readonly problems = signal<ReadonlyMap<SettingKey, Problem>>(new Map());
  readonly settings = new Loadable<SettingDto[]>();
  readonly saving = signal(false);
  /** Those that would really change. */
  readonly dirty = computed(() =>
    (this.settings.value() ?? []).filter((setting) => this.isDirty(setting)).map((setting) => setting.key),
  );
  readonly faulty = computed(() =>
    (this.settings.value() ?? []).some((setting) => this.isDirty(setting) && this.fault(setting) !== null),
  );

  constructor() {
    inject(Live).on('settings.changed', () => void this.refresh());
    readWhileAllowed(
      'settings.read',
      () => this.refresh(),
      () => {
        this.discard();
        this.settings.reset();
      },
    );
  }

  refresh(): Promise<void> {
    return this.settings.load(() => this.api.invoke(settingsList));
  }

  /** What the field shows. */
  shown(setting: SettingDto): Draft {
    const draft = this.drafts().get(setting.key);
    return draft === undefined ? setting.value : draft;
  }

  isDirty(setting: SettingDto): boolean {
    const draft = this.drafts().get(setting.key);
    return draft !== undefined && !sameValue(draft, setting.value);
  }

  /** What is wrong with what the field shows, as far as this page can tell. */
  fault(setting: SettingDto): Fault | null {
    return faultOf(setting.schema, this.shown(setting));
  }

  /** Why the server did not take the last change. */
  problem(key: SettingKey): Problem | null {
    return this.problems().get(key) ?? null;
  }

  edit(key: SettingKey, draft: Draft): void {
    this.drafts.update((all) => new Map(all).set(key, draft));
    this.forget(key);
  }

  discard(): void {
    this.drafts.set(new Map());
    this.problems.set(new Map());
  }

  /** Saves every change, one after the other; those that are refused stay, with the reason. */
  async save(): Promise<void> {
    this.saving.set(true);
    try {
      for (const key of this.dirty()) {
        const setting = this.find(key);
        const draft = this.drafts().get(key);
        if (setting !== undefined && draft !== undefined && draft !== null) {
          await this.change(setting, () =>
            this.api.invoke(settingsPut, { key, body: { value: draft, seen: setting.updatedAt } }),
          );
        }
      }
    } finally {
      this.saving.set(false);
    }
  }

  /** Takes the value back, so that the default holds. */
  reset(setting: SettingDto): Promise<void> {
    const { key, updatedAt } = setting;
    return this.change(setting, () =>
      this.api.invoke(settingsReset, { key, ...(updatedAt === null ? {} : { seen: updatedAt }) }),
    );
  }

  private async change({ key }: SettingDto, ask: () => Promise<SettingDto>): Promise<void> {
    try {
      const saved = await ask();
      this.drafts.update((all) => new Map([...all].filter(([one]) => one !== key)));
      this.forget(key);
      this.settings.update((all) => all.map((one) => (one.key === key ? saved : one)));
    } catch (error) {
      const problem = problemOf(error);
      this.problems.update((all) => new Map(all).set(key, problem));
      if (problem.status === 409) {
        // The next try is made in the knowledge of the value that stands there now.
        await this.refresh();
      }
    }
  }

  private forget(key: SettingKey): void {
    this.problems.update((all) => new Map([...all].filter(([one]) => one !== key)));
  }

  private find(key: SettingKey): SettingDto | undefined {
    return this.settings.value()?.find((setting) => setting.key === key);
  }
}
