import { Component, computed, DestroyRef, effect, ElementRef, inject, signal, viewChild } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { SettingDto } from '../../api/models';
import { Texts } from '../../core/i18n/texts';
import { Shortcuts } from '../../core/keyboard/shortcuts';
import { Trail } from '../../shell/trail';
import { EmptyState } from '../../ui/empty-state';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { LoadingNote } from '../../ui/loading-note';
import { About } from './about';
import { CleanupRuns } from './cleanup-runs';
import { SettingRow } from './setting-row';
import { SettingWords } from './setting-words';
import { SettingsStore } from './settings-store';

interface Section {
  readonly key: SettingDto['section'];
  readonly settings: readonly SettingDto[];
}

/** What holds for everybody, who set it, and what this installation is made of. */
@Component({
  selector: 'su-settings',
  imports: [About, CleanupRuns, EmptyState, ErrorNotice, Icon, LoadingNote, RouterLink, SettingRow],
  templateUrl: './settings.html',
  styleUrl: './settings.scss',
  host: { '(window:beforeunload)': 'warn($event)', '(keydown)': 'press($event)' },
})
export class Settings {
  protected readonly texts = inject(Texts);
  protected readonly store = inject(SettingsStore);
  private readonly words = inject(SettingWords);
  private readonly find = viewChild<ElementRef<HTMLInputElement>>('find');
  protected readonly search = signal('');
  protected readonly all = computed(() => this.store.settings.value() ?? []);
  protected readonly set = computed(() => this.all().filter((setting) => setting.updatedAt !== null).length);
  protected readonly mayWrite = computed(() => this.all().some((setting) => setting.writable));
  protected readonly sections = computed<readonly Section[]>(() => {
    const found = this.all().filter((setting) => this.matches(setting));
    return [...new Set(found.map((setting) => setting.section))].map((key) => ({
      key,
      settings: found.filter((setting) => setting.section === key),
    }));
  });

  constructor() {
    const trail = inject(Trail);
    effect(() => {
      trail.parts.set([{ label: this.texts.t('nav.settings') }]);
    });
    inject(Shortcuts).bind('/', () => this.find()?.nativeElement.focus(), inject(DestroyRef));
    void this.store.refresh();
  }

  /** Closing the tab loses what leaving the page would keep. */
  protected warn(event: BeforeUnloadEvent): void {
    if (this.store.dirty().length > 0) {
      event.preventDefault();
    }
  }

  protected press(event: KeyboardEvent): void {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && this.savable()) {
      event.preventDefault();
      void this.store.save();
    }
  }

  protected savable(): boolean {
    return this.store.dirty().length > 0 && !this.store.faulty() && !this.store.saving();
  }

  /** Every word of the search, somewhere in what the page says about the setting. */
  private matches(setting: SettingDto): boolean {
    const text = [
      setting.key,
      this.words.name(setting),
      this.words.about(setting),
      this.texts.t(`settings.section.${setting.section}`),
      this.words.value(setting, setting.value),
    ]
      .join(' ')
      .toLocaleLowerCase(this.texts.locale());
    return this.search()
      .toLocaleLowerCase(this.texts.locale())
      .split(/\s+/)
      .every((word) => text.includes(word));
  }
}
