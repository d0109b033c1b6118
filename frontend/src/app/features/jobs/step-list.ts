import { Component, computed, inject, input } from '@angular/core';
import type { JobDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import type { IconName } from '../../ui/icons';
import { JobWords } from '../../ui/job-words';

type Step = JobDto['steps'][number];

const ICON: Readonly<Record<Step['status'], IconName>> = {
  waiting: 'queued',
  running: 'arc',
  done: 'clean',
  failed: 'failed',
  skipped: 'minus',
};

/**
 * The steps of a run with the time each took. How far the current one is, and with which package, is what the machine's own
 * tool tells; where it does not, nothing says it.
 */
@Component({
  selector: 'su-step-list',
  imports: [Icon],
  template: `
    <section class="card" aria-labelledby="steps">
      <header>
        <h2 id="steps">{{ texts.t('run.steps') }}</h2>
        <span class="grow"></span>
        <span class="t3 s">{{ texts.t('run.stepOf', { n: at(), total: job().steps.length }) }}</span>
      </header>
      <ol>
        @for (step of job().steps; track step.name) {
          <li [class]="step.status" [attr.aria-current]="step.status === 'running' ? 'step' : null">
            <su-icon
              [name]="icon[step.status]"
              [spin]="step.status === 'running'"
              [class]="step.status === 'done' ? 'fg-clean' : step.status === 'failed' ? 'fg-failed' : ''"
            />
            <b
              >{{ words.step(step.name) }}<span class="unseen">, {{ texts.t(status(step)) }}</span></b
            >
            <span class="t3 xs time">
              @if (step.percent !== null) {
                <b class="percent">{{ formats.percent(step.percent) }}</b>
              }
              {{ step.startedAt ? formats.elapsed(step.startedAt, step.endedAt) : '' }}
            </span>
            @if (step.percent !== null) {
              <div
                class="gauge"
                role="progressbar"
                aria-valuemin="0"
                aria-valuemax="100"
                [attr.aria-valuenow]="step.percent"
                [attr.aria-label]="words.step(step.name)"
              >
                <i [style.width.%]="step.percent"></i>
              </div>
              @if (step.subject) {
                <span class="subject xs">{{ step.subject }}</span>
              }
            }
          </li>
        }
      </ol>
    </section>
  `,
  styleUrl: './step-list.scss',
})
export class StepList {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly words = inject(JobWords);
  readonly job = input.required<JobDto>();
  protected readonly icon = ICON;
  protected readonly at = computed(
    () => this.job().steps.filter((step) => step.status !== 'waiting' && step.status !== 'skipped').length,
  );

  protected status(step: Step): `run.step.${Step['status']}` {
    return `run.step.${step.status}`;
  }
}
