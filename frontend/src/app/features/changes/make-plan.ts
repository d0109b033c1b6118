import { Component, computed, DestroyRef, effect, inject, input, signal, untracked } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import type { JobDto } from '../../api/models';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Activity } from '../../core/live/activity';
import { Live } from '../../core/live/live';
import { openJobsOn } from '../../core/live/open-jobs';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { JobWords } from '../../ui/job-words';
import { ChangesApi } from './changes-api';

/** Makes the plan of a change, shows how far it is, and leads to its page; or says that nothing is to be changed. */
@Component({
  selector: 'su-make-plan',
  imports: [ErrorNotice, Icon, RouterLink],
  templateUrl: './make-plan.html',
  styles: `
    :host {
      display: contents;
    }

    .wide {
      flex: 1 0 100%;
    }

    p {
      overflow-wrap: anywhere;
    }
  `,
})
export class MakePlan {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly words = inject(JobWords);
  private readonly api = inject(ChangesApi);
  private readonly live = inject(Live);
  private readonly activity = inject(Activity);
  private readonly router = inject(Router);
  readonly machineId = input.required<string>();
  private readonly openJobs = openJobsOn(this.machineId);
  readonly action = input.required<string>();
  readonly parameters = input<Record<string, unknown>>({});
  /** A request of which the same is planned again for this machine, instead of with these parameters. */
  readonly again = input<string | null>(null);
  readonly label = input.required<string>();
  /** Off where the page has something else that is done next. */
  readonly primary = input(true);
  /** A reading action with the same parameters that goes ahead of the plan, which is made once it has ended well. */
  readonly ahead = input<string | null>(null);
  /** Why no plan can be made now; null when one can. */
  readonly hindrance = input<string | null>(null);
  protected readonly job = signal<JobDto | null>(null);
  protected readonly refused = signal<Problem | null>(null);
  protected readonly starting = signal(false);
  protected readonly busy = computed(() => this.starting() || this.job()?.finishedAt === null);
  /** Only who asked for the plan is led to it; others find a link. */
  private mine: string | null = null;

  constructor() {
    inject(DestroyRef).onDestroy(
      this.live.on('job', (job) => {
        if (job.id === this.job()?.id) {
          this.receive(job);
        }
      }),
    );
    effect(() => {
      this.machineId();
      untracked(() => {
        this.job.set(null);
        this.refused.set(null);
      });
    });
    effect(() => {
      const under = this.openJobs().find(
        ({ kind }) => kind === this.ahead() || (kind === `${this.action()}_plan` && !this.ahead()),
      );
      untracked(() => {
        if (under !== undefined && !this.busy()) {
          this.job.set(under);
        }
      });
    });
    effect(() => {
      if (this.live.returns() > 0) {
        untracked(() => void this.refresh());
      }
    });
  }

  protected start(): Promise<void> {
    const ahead = this.ahead();
    return ahead === null ? this.plan() : this.run(() => this.api.read(this.machineId(), ahead, this.parameters()));
  }

  private plan(): Promise<void> {
    const again = this.again();
    return this.run(() =>
      again === null
        ? this.api.plan(this.machineId(), this.action(), this.parameters())
        : this.api.planAgain(again, this.machineId()),
    );
  }

  private async run(begin: () => Promise<JobDto>): Promise<void> {
    this.starting.set(true);
    this.refused.set(null);
    try {
      const job = await begin();
      this.mine = job.id;
      this.activity.receive(job);
      this.receive(job);
      // It may have ended before this page listened for it.
      await this.refresh();
    } catch (error) {
      this.job.set(null);
      this.refused.set(problemOf(error));
    } finally {
      this.starting.set(false);
    }
  }

  private async refresh(): Promise<void> {
    const id = this.job()?.id;
    if (id === undefined) {
      return;
    }
    try {
      this.receive(await this.api.job(id));
    } catch (error) {
      this.refused.set(problemOf(error));
    }
  }

  private receive(job: JobDto): void {
    const known = this.job();
    if (known?.id === job.id && known.finishedAt !== null) {
      return;
    }
    this.job.set(job);
    if (job.finishedAt === null || job.id !== this.mine) {
      return;
    }
    if (job.requestId !== null) {
      void this.router.navigate(['/requests', job.requestId]);
    } else if (job.kind === this.ahead() && job.status === 'ok') {
      void this.plan();
    }
  }
}
