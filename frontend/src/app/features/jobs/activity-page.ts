import { Component, computed, effect, inject } from '@angular/core';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Activity } from '../../core/live/activity';
import { Session } from '../../core/session/session';
import { Trail } from '../../shell/trail';
import { EmptyState } from '../../ui/empty-state';
import { ErrorNotice } from '../../ui/error-notice';
import { LoadingNote } from '../../ui/loading-note';
import { ActiveRuns } from './active-runs';
import { DeadLetterList } from './dead-letter-list';
import { JobRows } from './job-rows';

/** The room behind the dock: what runs, what waits and for whom, what ended without a result, what ended last. */
@Component({
  selector: 'su-activity-page',
  imports: [ActiveRuns, DeadLetterList, EmptyState, ErrorNotice, JobRows, LoadingNote],
  template: `
    <div class="page-head">
      <h1>
        {{ texts.t('activity.heading', { running: activity.runningCount(), waiting: activity.waitingCount() }) }}
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
          @if (part.key === 'waiting' && session.can('schedules.read')) {
            <su-active-runs />
          }
          @if (part.key === 'recent') {
            <su-dead-letter-list />
          }
          <section class="card" [attr.aria-labelledby]="part.key">
            <header>
              <h2 [id]="part.key">{{ texts.t(part.title) }}</h2>
              <span class="t3 s">{{ formats.number(part.count()) }}</span>
            </header>
            @if (part.jobs().length > 0) {
              <su-job-rows [jobs]="part.jobs()" [label]="texts.t(part.title)" />
              @if (part.jobs().length < part.count()) {
                <div class="line in rest">
                  <span class="s t2">{{
                    texts.t('activity.shown', { n: part.jobs().length, all: part.count() })
                  }}</span>
                  @if (part.key === 'waiting' && activity.hasMore()) {
                    <button type="button" class="btn" [disabled]="activity.loading()" (click)="activity.more()">
                      {{ texts.t('activity.more') }}
                    </button>
                  }
                </div>
              }
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

    .rest {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 8px 14px;
      padding-block: 10px;
    }
  `,
})
export class ActivityPage {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  protected readonly activity = inject(Activity);
  protected readonly parts = [
    {
      key: 'running',
      title: 'activity.running',
      none: 'activity.none.running',
      jobs: this.activity.running,
      count: this.activity.runningCount,
    },
    {
      key: 'waiting',
      title: 'activity.waiting',
      none: 'activity.none.waiting',
      jobs: this.activity.waiting,
      count: this.activity.waitingCount,
    },
    {
      key: 'recent',
      title: 'activity.recent',
      none: 'activity.none.recent',
      jobs: this.activity.recent,
      count: computed(() => this.activity.recent().length),
    },
  ] as const;

  constructor() {
    const trail = inject(Trail);
    effect(() => {
      trail.parts.set([{ label: this.texts.t('nav.activity') }]);
    });
  }
}
