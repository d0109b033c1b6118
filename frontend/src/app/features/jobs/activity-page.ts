import { Component, effect, inject } from '@angular/core';
import { Texts } from '../../core/i18n/texts';
import { Activity } from '../../core/live/activity';
import { Trail } from '../../shell/trail';
import { EmptyState } from '../../ui/empty-state';
import { ErrorNotice } from '../../ui/error-notice';
import { LoadingNote } from '../../ui/loading-note';
import { DeadLetterList } from './dead-letter-list';
import { JobRows } from './job-rows';

/** The room behind the dock: what runs, what waits and for whom, what ended without a result, what ended last. */
@Component({
  selector: 'su-activity-page',
  imports: [DeadLetterList, EmptyState, ErrorNotice, JobRows, LoadingNote],
  template: `
    <div class="page-head">
      <h1>
        {{ texts.t('activity.heading', { running: activity.running().length, waiting: activity.waiting().length }) }}
      </h1>
    </div>
    <div class="stack">
      @if (activity.problem(); as failed) {
        <su-error-notice
          [problem]="failed"
          [heading]="texts.t('problem.listNotLoaded')"
          [retryable]="true"
          (retry)="activity.refresh()"
        />
      }
      @if (activity.loaded()) {
        @for (part of parts; track part.key) {
          @if (part.key === 'recent') {
            <su-dead-letter-list />
          }
          <section class="card" [attr.aria-labelledby]="part.key">
            <header>
              <h2 [id]="part.key">{{ texts.t(part.title) }}</h2>
              <span class="t3 s">{{ part.jobs().length }}</span>
            </header>
            @if (part.jobs().length > 0) {
              <su-job-rows [jobs]="part.jobs()" [label]="texts.t(part.title)" />
            } @else {
              <su-empty-state [heading]="texts.t(part.none)" />
            }
          </section>
        }
      } @else {
        <su-loading-note [text]="texts.t('activity.reading')" />
      }
    </div>
  `,
  styles: `
    section {
      overflow: hidden;
    }
  `,
})
export class ActivityPage {
  protected readonly texts = inject(Texts);
  protected readonly activity = inject(Activity);
  protected readonly parts = [
    { key: 'running', title: 'activity.running', none: 'activity.none.running', jobs: this.activity.running },
    { key: 'waiting', title: 'activity.waiting', none: 'activity.none.waiting', jobs: this.activity.waiting },
    { key: 'recent', title: 'activity.recent', none: 'activity.none.recent', jobs: this.activity.recent },
  ] as const;

  constructor() {
    const trail = inject(Trail);
    effect(() => {
      trail.parts.set([{ label: this.texts.t('nav.activity') }]);
    });
  }
}
