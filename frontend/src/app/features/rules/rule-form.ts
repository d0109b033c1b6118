import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { Component, computed, inject, signal } from '@angular/core';
import type { ApprovalConditionsDto, ApprovalRuleContentDto, ApprovalRuleDto, RulePreviewDto } from '../../api/models';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Texts } from '../../core/i18n/texts';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { RequestWords } from '../changes/request-words';
import { RuleWords, type RuleSubjects } from './rule-words';
import { RulesApi } from './rules-api';

export interface RuleToEdit {
  /** Null: a new one. */
  readonly rule: ApprovalRuleDto | null;
  readonly subjects: RuleSubjects;
}

type ListOf = 'actions' | 'risks' | 'requesters' | 'tagIds';

export const ANY: ApprovalConditionsDto = {
  actions: [],
  risks: [],
  requesters: [],
  tagIds: [],
  minMachines: null,
  removals: false,
  newPackages: false,
  origin: null,
};

/** A rule with its conditions, and beforehand of which waiting requests it would speak. */
@Component({
  selector: 'su-rule-form',
  imports: [ErrorNotice, Icon],
  templateUrl: './rule-form.html',
  styles: `
    fieldset {
      display: flex;
      flex-wrap: wrap;
      gap: 4px 16px;
      margin: 0;
      padding: 0;
      border: 0;
    }

    legend {
      margin-bottom: 4px;
      padding: 0;
    }

    [type='radio'] {
      accent-color: var(--ink);
    }

    fieldset label,
    .box {
      display: inline-flex;
      align-items: center;
      gap: 8px;
      min-height: 1.75rem;
      font-size: var(--t-s);
      overflow-wrap: anywhere;
    }

    .few {
      width: 7rem;
    }
  `,
})
export class RuleForm {
  protected readonly texts = inject(Texts);
  protected readonly words = inject(RuleWords);
  protected readonly requests = inject(RequestWords);
  private readonly api = inject(RulesApi);
  protected readonly ref = inject<DialogRef<ApprovalRuleDto>>(DialogRef);
  protected readonly data = inject<RuleToEdit>(DIALOG_DATA);
  protected readonly demands = ['own_confirmation', 'four_eyes', 'administrators'] as const;
  protected readonly risks = ['low', 'medium', 'high'] as const;
  protected readonly requesters = ['user', 'schedule', 'hermes', 'api_client'] as const;
  protected readonly origins = ['security_only', 'other_archives'] as const;
  protected readonly content = signal<ApprovalRuleContentDto>({
    name: this.data.rule?.name ?? '',
    enabled: this.data.rule?.enabled ?? true,
    demand: this.data.rule?.demand ?? 'four_eyes',
    conditions: this.data.rule?.conditions ?? ANY,
  });
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);
  /** Of the content as it was then; a change makes it old. */
  protected readonly preview = signal<RulePreviewDto | null>(null);
  protected readonly ready = computed(() => !this.busy() && this.content().name.trim() !== '');

  protected set(change: Partial<ApprovalRuleContentDto>): void {
    this.content.update((now) => ({ ...now, ...change }));
    this.preview.set(null);
  }

  protected limit(change: Partial<ApprovalConditionsDto>): void {
    this.set({ conditions: { ...this.content().conditions, ...change } });
  }

  protected has(list: ListOf, value: string): boolean {
    return (this.content().conditions[list] as readonly string[]).includes(value);
  }

  protected toggle(list: ListOf, value: string, on: boolean): void {
    const without = (this.content().conditions[list] as readonly string[]).filter((one) => one !== value);
    this.limit({ [list]: on ? [...without, value] : without });
  }

  protected least(text: string): void {
    const number = Number(text);
    this.limit({ minMachines: text === '' || !Number.isInteger(number) || number < 1 ? null : number });
  }

  protected look(): Promise<void> {
    return this.act(async () => {
      // A name is nothing that a request is asked about.
      const name = this.content().name.trim() || '-';
      this.preview.set(await this.api.preview({ ...this.content(), name }));
    });
  }

  protected save(): Promise<void> {
    return this.act(async () => {
      this.ref.close(await this.api.save(this.data.rule, { ...this.content(), name: this.content().name.trim() }));
    });
  }

  private async act(work: () => Promise<void>): Promise<void> {
    this.busy.set(true);
    this.problem.set(null);
    try {
      await work();
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}
