import { Component, computed, inject } from '@angular/core';
import { Api } from '../../api/api';
import { cleanupRunsList } from '../../api/functions';
import type { CleanupRunDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { UnreadableNotes } from '../../ui/unreadable-notes';

/** When history was last removed, what went, and what could not. */
@Component({
  selector: 'su-cleanup-runs',
  imports: [ErrorNotice, Icon, UnreadableNotes],
  template: `
    @if (runs.problem(); as failed) {
      <su-error-notice [problem]="failed" [retryable]="true" (retry)="refresh()" />
    }
    @if (runs.value()) {
      <p class="s">
        @if (last(); as run) {
          <span [title]="formats.moment(run.startedAt)">{{
            texts.t('cleanup.last', { age: formats.age(run.startedAt) })
          }}</span>
          {{ sentence() }}
          @if (run.failedRules.length > 0) {
            <span class="failed">
              <su-icon class="small" name="warning" />{{
                texts.t('cleanup.failed', { rules: formats.list(run.failedRules) })
              }}
            </span>
          }
        } @else {
          {{ texts.t('cleanup.never') }}
        }
      </p>
      <su-unreadable-notes [documents]="last()?.unreadable ?? []" />
    }
  `,
  styles: `
    :host {
      display: block;
      padding: 10px 14px;
      border-top: 1px solid var(--line);
    }

    .failed {
      display: flex;
      align-items: center;
      gap: 6px;
      margin-top: 4px;
      color: var(--stale);
    }
  `,
})
export class CleanupRuns {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  private readonly api = inject(Api);
  protected readonly runs = new Loadable<CleanupRunDto[]>();
  protected readonly last = computed(() => this.runs.value()?.[0]);
  protected readonly sentence = computed(() => {
    const run = this.last();
    return run === undefined ? '' : this.said(run);
  });

  constructor() {
    void this.refresh();
  }

  protected refresh(): Promise<void> {
    return this.runs.load(() => this.api.invoke(cleanupRunsList));
  }

  private said({ status, removed, unreadable }: CleanupRunDto): string {
    if (removed === null) {
      // What it left speaks for itself, below.
      if (unreadable.length > 0) {
        return '';
      }
      return this.texts.t(status === 'running' ? 'cleanup.running' : 'cleanup.unknown');
    }
    // What was carried over is still there.
    const gone = removed.filter(({ what }) => !what.endsWith('_carried_over'));
    return gone.length === 0
      ? this.texts.t('cleanup.nothing')
      : this.texts.t('cleanup.removed', {
          what: this.formats.list(
            gone.map(({ what, count: n }) =>
              this.texts.known('cleanup.removed.' + what, `${what}: ${this.formats.number(n)}`, { n }),
            ),
          ),
        });
  }
}
