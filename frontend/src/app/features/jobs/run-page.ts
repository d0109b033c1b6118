import { LiveAnnouncer } from '@angular/cdk/a11y';
import { Component, computed, DestroyRef, effect, inject, input, signal, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { JobDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Activity } from '../../core/live/activity';
import { JobLog } from '../../core/live/job-log';
import { Live } from '../../core/live/live';
import { Session } from '../../core/session/session';
import { PortalTitle } from '../../shell/portal-title';
import { Trail } from '../../shell/trail';
import { Dialogs } from '../../ui/dialogs';
import { ErrorNotice } from '../../ui/error-notice';
import { jobFailure } from '../../ui/failure';
import { FailureNotice } from '../../ui/failure-notice';
import { Icon } from '../../ui/icon';
import { JOB_ICON, JOB_STATE, JobWords } from '../../ui/job-words';
import { LoadingNote } from '../../ui/loading-note';
import { LogView } from '../../ui/log-view/log-view';
import { UnreadableNotes } from '../../ui/unreadable-notes';
import { ChangeResultView } from '../changes/change-result';
import { ErrorVerdicts } from '../changes/error-verdicts';
import { Remedy } from '../changes/remedy';
import { JobsApi } from './jobs-api';
import { StepList } from './step-list';
import { WaitingCard } from './waiting-card';
import { Said } from '../../core/i18n/said';

/** A run while it runs and after it ended, at the same address. */
@Component({
  selector: 'su-run-page',
  imports: [
    ChangeResultView,
    ErrorNotice,
    FailureNotice,
    Icon,
    LoadingNote,
    LogView,
    ErrorVerdicts,
    Remedy,
    RouterLink,
    StepList,
    UnreadableNotes,
    WaitingCard,
  ],
  templateUrl: './run-page.html',
  styleUrl: './run-page.scss',
})
export class RunPage {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  protected readonly words = inject(JobWords);
  private readonly api = inject(JobsApi);
  private readonly live = inject(Live);
  private readonly activity = inject(Activity);
  private readonly announcer = inject(LiveAnnouncer);
  private readonly dialogs = inject(Dialogs);
  readonly id = input.required<string>();
  protected readonly job = new Loadable<JobDto>();
  protected readonly log = signal<JobLog | null>(null);
  protected readonly refused = signal<Problem | null>(null);
  protected readonly cancelling = signal(false);
  protected readonly state = JOB_STATE;
  protected readonly icon = JOB_ICON;
  private stopWatching: () => void = () => undefined;
  private spoken = '';

  protected readonly heading = computed(() => {
    const job = this.job.value();
    if (!job) {
      return '';
    }
    const doing = this.words.doing(job.kind);
    const name = job.machineName;
    return job.finishedAt === null
      ? this.texts.t(`run.heading.${job.status === 'queued' ? 'waiting' : 'running'}`, {
          doing,
          name,
          now: this.words.now(job),
        })
      : this.texts.t(`run.heading.${job.status === 'queued' || job.status === 'running' ? 'ok' : job.status}`, {
          what: this.words.title(job),
          name,
        });
  });

  /** What it carried out, when it changed the machine: a planning run only asked for it. */
  protected readonly changed = computed(() => {
    const job = this.job.value();
    return job?.requestId != null && !job.kind.endsWith('_plan');
  });

  protected readonly failure = computed(() => {
    const job = this.job.value();
    return job === undefined ? null : jobFailure(job);
  });

  constructor() {
    const destroy = inject(DestroyRef);
    destroy.onDestroy(
      this.live.on('job', (job) => {
        if (job.id === this.id()) {
          this.receive(job);
        }
      }),
    );
    destroy.onDestroy(
      this.live.on('job.log', ({ jobId, lines }) => {
        if (jobId === this.id()) {
          this.log()?.accept(lines);
        }
      }),
    );
    destroy.onDestroy(() => {
      this.stopWatching();
    });
    effect(() => {
      const id = this.id();
      untracked(() => {
        this.open(id);
      });
    });
    effect(() => {
      if (this.live.returns() > 0) {
        untracked(() => {
          void this.refresh();
          void this.log()?.fill();
        });
      }
    });
    this.bindTitle(inject(Trail), inject(PortalTitle));
  }

  protected refresh(): Promise<void> {
    return this.job.load(() => this.api.get(this.id()));
  }

  protected async cancel(): Promise<void> {
    this.cancelling.set(true);
    try {
      this.receive(await this.activity.cancel(this.id()));
      this.refused.set(null);
    } catch (error) {
      this.refused.set(problemOf(error));
      await this.refresh();
    } finally {
      this.cancelling.set(false);
    }
  }

  /** Ends a change of which nobody can find out any more how it ended. */
  protected async giveUp({ id, machineName }: JobDto): Promise<void> {
    const ended = await this.dialogs.decide({
      title: 'giveUp.title',
      params: { name: machineName },
      text: 'giveUp.text',
      reason: 'giveUp.reason',
      required: true,
      act: 'giveUp.act',
      decide: (reason) => this.api.close(id, reason),
    });
    if (ended !== undefined) this.receive(ended);
  }

  /** Lets a change begin that waits for its maintenance window. */
  protected async beginNow({ id, machineName }: JobDto): Promise<void> {
    const begun = await this.dialogs.decide({
      title: 'windows.override.title',
      params: { name: machineName },
      text: 'windows.override.text',
      reason: 'windows.override.reason',
      required: true,
      act: 'windows.beginNow',
      decide: (reason) => this.api.beginNow(id, reason),
    });
    if (begun !== undefined) this.receive(begun);
  }

  /** Ends what hangs on the machine: what it was doing stays unfinished, and a repair is offered afterwards. */
  protected async forceStop({ id, machineName }: JobDto): Promise<void> {
    const asked = await this.dialogs.decide({
      title: 'force.title',
      params: { name: machineName },
      text: 'force.text',
      typed: { label: 'force.type', name: machineName },
      reason: 'force.reason',
      required: true,
      act: 'force.act',
      decide: (reason) => this.api.forceStop(id, machineName, reason),
    });
    if (asked !== undefined) this.receive(asked);
  }

  /** What is stored is read first; the socket goes on from the last line of it. */
  private open(id: string): void {
    this.stopWatching();
    this.job.reset();
    this.refused.set(null);
    const log = new JobLog((after) => this.api.log(id, after));
    this.log.set(log);
    void this.refresh();
    void log.fill().then(() => {
      if (this.id() === id && !log.ended()) {
        this.stopWatching = this.live.watchJob(id, () => log.lastSeq);
      }
    });
  }

  private receive(job: JobDto): void {
    this.job.set(job);
    this.speak(job);
    if (job.finishedAt !== null) {
      void this.log()?.fill();
    }
  }

  /** Screen readers hear of steps and of the end, never of lines. */
  private speak(job: JobDto): void {
    const words = this.words.now(job);
    if (words !== this.spoken) {
      this.spoken = words;
      void this.announcer.announce(words, job.status === 'error' ? 'assertive' : 'polite');
    }
  }

  private bindTitle(trail: Trail, title: PortalTitle): void {
    effect(() => {
      const job = this.job.value();
      if (job) {
        const what = this.words.title(job);
        title.show(`${what}, ${job.machineName}`);
        trail.parts.set([
          { label: this.texts.t('nav.machines'), link: '/machines' },
          { label: job.machineName, link: `/machines/${job.machineId}` },
          { label: what },
        ]);
      }
    });
  }
}
