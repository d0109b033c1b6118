import { Component, DestroyRef, effect, inject, signal, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { ActiveOccurrenceDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { Texts } from '../../core/i18n/texts';
import { gathered } from '../../core/live/gathered';
import { Live } from '../../core/live/live';
import { Ago } from '../../ui/ago';
import { ErrorNotice } from '../../ui/error-notice';
import { JobsApi } from './jobs-api';
import { RunMachines } from './run-machines';

/** The server tells no more of them at once. */
const MOST_TOLD = 100;

/** Runs of schedules that go on: how many of their machines are at work, and for what the others wait. */
@Component({
  selector: 'su-active-runs',
  imports: [Ago, ErrorNotice, RouterLink, RunMachines],
  template: `
    @if (runs.problem(); as failed) {
      <su-error-notice
        [problem]="failed"
        [heading]="texts.t('problem.listNotLoaded')"
        [retryable]="true"
        (retry)="refresh()"
      />
    }
    @if (runs.value(); as all) {
      @if (all.length > 0) {
        <section class="card" aria-labelledby="active-runs">
          <header>
            <h2 id="active-runs">{{ texts.t('activity.runs') }}</h2>
            <span class="t3 s">{{
              all.length < most ? all.length : texts.t('activity.runs.first', { n: all.length })
            }}</span>
          </header>
          <ul class="in">
            @for (run of all; track run.id) {
              <li>
                <div class="line">
                  <a class="b" [routerLink]="['/schedules/runs', run.id]">{{ run.scheduleName }}</a>
                  <span class="xs t3"><su-ago [at]="run.startedAt ?? run.dueAt" /></span>
                  @if (run.startedBy; as name) {
                    <span class="xs t3">{{ texts.t('schedules.byHand', { name }) }}</span>
                  }
                  <span class="grow"></span>
                  @if (run.waitingCount) {
                    <button
                      type="button"
                      class="link"
                      [attr.aria-expanded]="open() === run.id"
                      [attr.aria-label]="texts.t('activity.runs.machinesOf', { name: run.scheduleName })"
                      (click)="open.set(open() === run.id ? null : run.id)"
                    >
                      {{ texts.t(open() === run.id ? 'activity.runs.fold' : 'activity.runs.machines') }}
                    </button>
                  }
                </div>
                <p class="s t2">{{ sentence(run) }}</p>
                @if (open() === run.id) {
                  <su-run-machines [occurrenceId]="run.id" [timezone]="run.timezone" [version]="version()" />
                }
              </li>
            }
          </ul>
        </section>
      }
    }
  `,
  styles: `
    li {
      padding: 8px 0;
      border-top: 1px solid var(--line);
      overflow-wrap: anywhere;
    }

    li:first-child {
      border-top: 0;
    }

    .line {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 4px 10px;
    }
  `,
})
export class ActiveRuns {
  protected readonly texts = inject(Texts);
  protected readonly most = MOST_TOLD;
  private readonly api = inject(JobsApi);
  protected readonly runs = new Loadable<readonly ActiveOccurrenceDto[]>();
  /** The run whose machines are shown. */
  protected readonly open = signal<string | null>(null);
  /** Rises with every answer: what is shown of a run is read anew. */
  protected readonly version = signal(0);

  constructor() {
    const live = inject(Live);
    effect(() => {
      live.returns();
      untracked(() => void this.refresh());
    });
    inject(DestroyRef).onDestroy(
      live.on(
        'schedule',
        gathered(() => this.refresh()),
      ),
    );
  }

  protected async refresh(): Promise<void> {
    await this.runs.load(() => this.api.activeRuns());
    this.version.update((version) => version + 1);
  }

  protected sentence({
    runningCount,
    waitingCount,
    heldCount,
    blockedCount,
    concurrency,
  }: ActiveOccurrenceDto): string {
    if (waitingCount === null) {
      return this.texts.t('activity.runs.choosing');
    }
    const parts = [this.texts.t('activity.runs.working', { n: runningCount ?? 0 })];
    const places = waitingCount - heldCount - blockedCount;
    if (places > 0) {
      parts.push(
        concurrency === null
          ? this.texts.t('activity.runs.placesUnknown', { n: places })
          : this.texts.t('activity.runs.places', { n: places, limit: concurrency }),
      );
    }
    if (blockedCount > 0) {
      parts.push(this.texts.t('activity.runs.changes', { n: blockedCount }));
    }
    if (heldCount > 0) {
      parts.push(this.texts.t('activity.runs.held', { n: heldCount }));
    }
    return parts.join(' ');
  }
}
