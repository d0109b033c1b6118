import { JsonPipe } from '@angular/common';
import { Component, computed, inject, input } from '@angular/core';
import type { SettingDto } from '../../api/models';
import type { Problem } from '../../core/errors/problem';
import { ProblemTexts } from '../../core/errors/problem-texts';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Ago } from '../../ui/ago';
import { refusedPart } from './setting-check';
import { SettingWords } from './setting-words';
import { SettingsStore } from './settings-store';

/** One setting: what it is, its value, who set it, and what is wrong with a change. */
@Component({
  selector: 'su-setting-row',
  imports: [Ago, JsonPipe],
  templateUrl: './setting-row.html',
  styleUrl: './setting-row.scss',
  host: { '[class.dirty]': 'dirty()' },
})
export class SettingRow {
  protected readonly texts = inject(Texts);
  protected readonly words = inject(SettingWords);
  protected readonly store = inject(SettingsStore);
  private readonly problems = inject(ProblemTexts);
  private readonly said = inject(Said);
  readonly setting = input.required<SettingDto>();
  protected readonly id = computed(() => this.setting().key.replace('.', '-'));
  protected readonly shown = computed(() => this.store.shown(this.setting()));
  protected readonly dirty = computed(() => this.store.isDirty(this.setting()));
  protected readonly lines = computed(() => {
    const shown = this.shown();
    return Array.isArray(shown) ? shown.join('\n') : '';
  });
  /** The sentence below the field; null when nothing is wrong. */
  protected readonly wrong = computed(() => {
    const setting = this.setting();
    const fault = this.dirty() ? this.store.fault(setting) : null;
    if (fault !== null) {
      return this.words.fault(fault);
    }
    const problem = this.store.problem(setting.key);
    return problem === null ? null : this.refusal(problem);
  });
  protected readonly describedBy = computed(
    () => `${this.id()}-about${this.wrong() === null ? '' : ` ${this.id()}-wrong`}`,
  );

  protected editNumber(text: string): void {
    const number = Number(text);
    this.store.edit(this.setting().key, text.trim() === '' || !Number.isInteger(number) ? null : number);
  }

  protected editLines(text: string): void {
    const lines = text.split('\n').map((line) => line.trim());
    this.store.edit(
      this.setting().key,
      lines.filter((line) => line !== ''),
    );
  }

  private refusal(problem: Problem): string {
    const part = refusedPart(problem, this.setting().key, this.shown());
    if (part === null) {
      return [this.problems.sentence(problem), this.problems.action(problem)].filter(Boolean).join(' ');
    }
    const why = this.said.of(part.why, 'message');
    return part.item === null ? why : this.texts.t('settings.fault.item', { item: part.item, why });
  }
}
