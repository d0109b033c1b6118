import { Component, effect, inject, signal } from '@angular/core';
import type { ApprovalRuleDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';
import { Trail } from '../../shell/trail';
import { Dialogs } from '../../ui/dialogs';
import { EmptyState } from '../../ui/empty-state';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { LoadingNote } from '../../ui/loading-note';
import { UnreadableNotes } from '../../ui/unreadable-notes';
import { RuleForm, type RuleToEdit } from './rule-form';
import { RuleWords, type RuleSubjects } from './rule-words';
import { RulesApi } from './rules-api';

interface Read extends RuleSubjects {
  readonly rules: readonly ApprovalRuleDto[];
}

/** Who decides what? The rules of approval, each in words. */
@Component({
  selector: 'su-rules-page',
  imports: [EmptyState, ErrorNotice, Icon, LoadingNote, UnreadableNotes],
  templateUrl: './rules-page.html',
  styles: `
    .acts {
      display: flex;
      flex-wrap: wrap;
      justify-content: flex-end;
      gap: 6px;
    }
  `,
})
export class RulesPage {
  protected readonly texts = inject(Texts);
  protected readonly words = inject(RuleWords);
  private readonly session = inject(Session);
  private readonly api = inject(RulesApi);
  private readonly dialogs = inject(Dialogs);
  protected readonly read = new Loadable<Read>();
  protected readonly problem = signal<Problem | null>(null);
  /** The rule that is about to be removed. */
  protected readonly removing = signal<string | null>(null);

  constructor() {
    const trail = inject(Trail);
    effect(() => {
      trail.parts.set([
        { label: this.texts.t('nav.settings'), link: '/settings' },
        { label: this.texts.t('rules.title') },
      ]);
    });
    void this.refresh();
  }

  protected may(): boolean {
    return this.session.can('settings.write');
  }

  protected refresh(): Promise<void> {
    return this.read.load(async () => {
      const [rules, actions, tags] = await Promise.all([this.api.list(), this.api.changes(), this.api.tags()]);
      return { rules, actions, tags };
    });
  }

  protected edit(rule: ApprovalRuleDto | null): void {
    const subjects = this.read.value();
    if (subjects === undefined) {
      return;
    }
    this.dialogs
      .open<ApprovalRuleDto, RuleToEdit, RuleForm>(RuleForm, { rule, subjects }, 'rule-title', '#rule-name')
      .closed.subscribe((saved) => {
        if (saved !== undefined) {
          void this.refresh();
        }
      });
  }

  protected async remove(rule: ApprovalRuleDto): Promise<void> {
    this.problem.set(null);
    try {
      await this.api.remove(rule);
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.removing.set(null);
      await this.refresh();
    }
  }
}
