import { inject, Injectable } from '@angular/core';
import type { ActionDto, ApprovalConditionsDto, TagUseDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';

/** What a rule is called by: names of actions and tags, as the page has read them. */
export interface RuleSubjects {
  readonly actions: readonly ActionDto[];
  readonly tags: readonly TagUseDto[];
}

/** Rules in words. */
@Injectable({ providedIn: 'root' })
export class RuleWords {
  private readonly texts = inject(Texts);
  private readonly said = inject(Said);
  private readonly formats = inject(Formats);

  action(action: ActionDto): string {
    return this.texts.known(`job.kind.${action.name}`, this.said.of(action, 'title'));
  }

  /** Each condition in a few words; none: it speaks of everything. */
  conditions(conditions: ApprovalConditionsDto, { actions, tags }: RuleSubjects): string[] {
    const named = (name: string): string => {
      const found = actions.find((action) => action.name === name);
      return found === undefined ? name : this.action(found);
    };
    const list = (words: readonly string[]): string => this.formats.list([...words]);
    const tagNames = conditions.tagIds.map(
      (id) => tags.find((tag) => tag.id === id)?.name ?? this.texts.t('rules.goneTag'),
    );
    return [
      ...(conditions.actions.length > 0 ? [list(conditions.actions.map(named))] : []),
      ...(conditions.risks.length > 0
        ? [
            this.texts.t('rules.said.risks', {
              risks: list(conditions.risks.map((risk) => this.texts.known(`risk.${risk}`, risk))),
            }),
          ]
        : []),
      ...(conditions.requesters.length > 0
        ? [
            this.texts.t('rules.said.requesters', {
              who: list(conditions.requesters.map((one) => this.texts.t(`rules.requester.${one}`))),
            }),
          ]
        : []),
      ...(tagNames.length > 0 ? [this.texts.t('rules.said.tags', { tags: list(tagNames) })] : []),
      ...(conditions.minMachines === null ? [] : [this.texts.t('rules.said.machines', { n: conditions.minMachines })]),
      ...(conditions.removals ? [this.texts.t('rules.removals')] : []),
      ...(conditions.newPackages ? [this.texts.t('rules.newPackages')] : []),
      ...(conditions.origin === null ? [] : [this.texts.t(`rules.origin.${conditions.origin}`)]),
    ];
  }
}
