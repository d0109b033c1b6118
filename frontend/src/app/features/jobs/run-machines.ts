import { Component, effect, inject, input, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { OccurrenceTargetDto } from '../../api/models';
import { Texts } from '../../core/i18n/texts';
import { Paged } from '../../core/paged';
import { ErrorNotice } from '../../ui/error-notice';
import { LoadingNote } from '../../ui/loading-note';
import { ScheduleWords } from '../schedules/schedule-words';
import { TargetOverride } from '../schedules/target-override';
import { JobsApi } from './jobs-api';

/** Machines of a run that have not begun, by name, each with what it waits for. */
@Component({
  selector: 'su-run-machines',
  imports: [ErrorNotice, LoadingNote, RouterLink],
  template: `
    @if (machines.problem(); as failed) {
      <su-error-notice [problem]="failed" [retryable]="true" (retry)="machines.refresh()" />
    }
    @if (machines.items(); as all) {
      <ul class="s">
        @for (target of all; track target.machineId) {
          <li>
            <a [routerLink]="['/machines', target.machineId]">{{ target.machineName }}</a>
            <span class="t2">{{ words.waits(target, timezone()) }}</span>
            @if (words.outside(target); as why) {
              <span class="t2">{{ why }}</span>
            }
            @if (override.offered(target)) {
              <button
                type="button"
                class="link"
                [attr.aria-label]="texts.t('schedules.beginNowOf', { name: target.machineName })"
                (click)="beginNow(target)"
              >
                {{ texts.t('windows.beginNow') }}
              </button>
            }
          </li>
        }
      </ul>
      @if (machines.hasMore()) {
        <button type="button" class="btn" [disabled]="machines.loading()" (click)="machines.more()">
          {{ texts.t('activity.runs.more') }}
        </button>
      }
    } @else if (machines.problem() === null) {
      <su-loading-note [text]="texts.t('activity.reading')" />
    }
  `,
  styles: `
    ul {
      margin: 6px 0;
    }

    li {
      display: flex;
      flex-wrap: wrap;
      gap: 0 10px;
      padding: 2px 0;
    }

    a {
      min-height: 1.5rem;
    }
  `,
})
export class RunMachines {
  protected readonly texts = inject(Texts);
  protected readonly words = inject(ScheduleWords);
  protected readonly override = inject(TargetOverride);
  private readonly api = inject(JobsApi);
  readonly occurrenceId = input.required<string>();
  /** Of the schedule. */
  readonly timezone = input.required<string>();
  /** Another number: they are read anew. */
  readonly version = input.required<number>();
  protected readonly machines = new Paged<OccurrenceTargetDto>((cursor) =>
    this.api.waitingMachines(this.occurrenceId(), cursor),
  );

  constructor() {
    effect(() => {
      this.occurrenceId();
      this.version();
      untracked(() => void this.machines.refresh());
    });
  }

  protected async beginNow(target: OccurrenceTargetDto): Promise<void> {
    await this.override.ask(this.occurrenceId(), target);
    await this.machines.refresh();
  }
}
