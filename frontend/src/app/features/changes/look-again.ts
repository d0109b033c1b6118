import { Component, computed, DestroyRef, inject, input, output, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { JobDto } from '../../api/models';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Texts } from '../../core/i18n/texts';
import { Activity } from '../../core/live/activity';
import { Live } from '../../core/live/live';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { JobWords } from '../../ui/job-words';
import { ChangesApi } from './changes-api';

/** Starts an action that only reads, and shows how far it is. */
@Component({
  selector: 'su-look-again',
  imports: [ErrorNotice, Icon, RouterLink],
  template: `
    <button type="button" class="btn" [disabled]="busy()" (click)="start()">
      {{ texts.known('remedy.' + action(), action()) }}
    </button>
    @if (job(); as run) {
      <p class="s t2 wide" role="status">
        @if (run.finishedAt === null) {
          <su-icon name="arc" [spin]="true" class="fg-running" /> {{ words.now(run) }}
        } @else if (run.status === 'error' || run.status === 'cancelled') {
          <su-icon name="failed" class="fg-failed" /> {{ texts.t('remedy.look.failed') }}
        } @else {
          <su-icon name="clean" class="fg-clean" /> {{ texts.t('remedy.look.done') }}
        }
        <a [routerLink]="['/runs', run.id]">{{ texts.t('plan.openRun') }}</a>
      </p>
    }
    @if (refused(); as failed) {
      <su-error-notice class="wide" [problem]="failed" />
    }
  `,
  styles: `
    :host {
      display: contents;
    }

    .wide {
      flex: 1 0 100%;
    }
  `,
})
export class LookAgain {
  protected readonly texts = inject(Texts);
  protected readonly words = inject(JobWords);
  private readonly api = inject(ChangesApi);
  private readonly activity = inject(Activity);
  readonly machineId = input.required<string>();
  readonly action = input.required<string>();
  readonly looked = output();
  protected readonly job = signal<JobDto | null>(null);
  protected readonly refused = signal<Problem | null>(null);
  protected readonly starting = signal(false);
  protected readonly busy = computed(() => this.starting() || this.job()?.finishedAt === null);

  constructor() {
    inject(DestroyRef).onDestroy(
      inject(Live).on('job', (job) => {
        if (job.id === this.job()?.id) {
          this.receive(job);
        }
      }),
    );
  }

  protected async start(): Promise<void> {
    this.starting.set(true);
    this.refused.set(null);
    try {
      const job = await this.api.read(this.machineId(), this.action(), {});
      this.activity.receive(job);
      this.job.set(job);
      // It may have ended before this page listened for it.
      this.receive(await this.api.job(job.id));
    } catch (error) {
      this.refused.set(problemOf(error));
    } finally {
      this.starting.set(false);
    }
  }

  private receive(job: JobDto): void {
    const before = this.job();
    if (before?.id === job.id && before.finishedAt !== null) {
      return;
    }
    this.job.set(job);
    if (job.finishedAt !== null) {
      this.looked.emit();
    }
  }
}
