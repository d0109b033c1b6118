import { Component, effect, inject } from '@angular/core';
import { Texts } from '../../../core/i18n/texts';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorNotice } from '../../../ui/error-notice';
import { LoadingNote } from '../../../ui/loading-note';
import { WhenSeen } from '../../../ui/when-seen';
import { JobRows } from '../../jobs/job-rows';
import { MachinesApi } from '../machines-api';
import { MachineStore } from './machine-store';
import { Paged } from '../../../core/paged';

/** Everything that ran on this machine, newest first. */
@Component({
  selector: 'su-runs-tab',
  imports: [EmptyState, ErrorNotice, JobRows, LoadingNote, WhenSeen],
  template: `
    @if (runs.problem(); as failed) {
      <su-error-notice
        [problem]="failed"
        [heading]="texts.t('problem.listNotLoaded')"
        [retryable]="true"
        (retry)="runs.refresh()"
      />
    }
    @if (runs.items(); as all) {
      <div class="card">
        @if (all.length > 0) {
          <su-job-rows [jobs]="all" [label]="texts.t('tab.runs')" [withMachine]="false" />
        } @else {
          <su-empty-state [heading]="texts.t('runs.none')" [text]="texts.t('runs.none.text')" />
        }
      </div>
      @if (runs.hasMore()) {
        <p class="end" (suWhenSeen)="runs.more()">
          <button type="button" class="btn" (click)="runs.more()">{{ texts.t('act.loadMore') }}</button>
        </p>
      }
    } @else if (runs.loading()) {
      <su-loading-note [text]="texts.t('runs.reading')" />
    }
  `,
})
export class RunsTab {
  protected readonly texts = inject(Texts);
  private readonly store = inject(MachineStore);
  private readonly api = inject(MachinesApi);
  protected readonly runs = new Paged((cursor) => this.api.jobs(this.store.id() ?? '', cursor));

  constructor() {
    effect(() => {
      this.store.readings();
      void this.runs.refresh();
    });
  }
}
