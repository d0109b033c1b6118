import { Component, computed, DestroyRef, effect, inject, input, signal, untracked } from '@angular/core';
import { Router } from '@angular/router';
import type { JobDto, MachineMaintenanceDto, RequestDetailDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Activity } from '../../core/live/activity';
import { Live } from '../../core/live/live';
import { Clock } from '../../core/time/clock';
import { PortalTitle } from '../../shell/portal-title';
import { Trail } from '../../shell/trail';
import { Dialogs } from '../../ui/dialogs';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { LoadingNote } from '../../ui/loading-note';
import { UnreadableNotes } from '../../ui/unreadable-notes';
import { ChangesApi } from './changes-api';
import { ConfirmBar } from './confirm-bar';
import { readPlanDetails } from './plan-details';
import { planCounts } from './plan-groups';
import { readLines } from './plan-lines';
import { PlanBody } from './plan-body';
import { blockingErrors } from './plan-notes';
import { Refusal } from './refusal';
import { Remedy } from './remedy';
import { RequestWords } from './request-words';
import { standingOf } from './request-standing';
import { SeveralPlans } from './several-plans';
import { WindowStanding } from '../windows/window-standing';
import { WindowsOfMany } from './windows-of-many';
import { beginningOf } from './beginning';
import { WindowsApi } from '../windows/windows-api';

/** What exactly will happen? One plan: shown, decided, and shown again later at the same address. */
@Component({
  selector: 'su-plan-page',
  imports: [
    ConfirmBar,
    ErrorNotice,
    Icon,
    LoadingNote,
    PlanBody,
    Remedy,
    SeveralPlans,
    UnreadableNotes,
    WindowStanding,
    WindowsOfMany,
  ],
  templateUrl: './plan-page.html',
  styleUrl: './plan-page.scss',
})
export class PlanPage {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly words = inject(RequestWords);
  private readonly clock = inject(Clock);
  private readonly api = inject(ChangesApi);
  private readonly live = inject(Live);
  private readonly activity = inject(Activity);
  private readonly refusals = inject(Refusal);
  private readonly router = inject(Router);
  private readonly windows = inject(WindowsApi);
  private readonly dialogs = inject(Dialogs);
  readonly id = input.required<string>();
  protected readonly request = new Loadable<RequestDetailDto>();
  /** When the change may begin. */
  protected readonly maintenance = new Loadable<MachineMaintenanceDto>();
  protected readonly accepted = signal<ReadonlySet<string>>(new Set());
  protected readonly since = signal(0);
  protected readonly busy = signal(false);
  protected readonly refusal = signal<Problem | null>(null);
  protected readonly lines = computed(() => readLines(this.request.value()?.plan?.lines ?? []));
  protected readonly counts = computed(() => planCounts(this.lines().packages));
  protected readonly details = computed(() => readPlanDetails(this.request.value()?.plan?.details));
  /** What of it the server cannot read; shown as it stands. */
  protected readonly unread = computed(() => {
    const request = this.request.value();
    const details = request?.plan?.details;
    return [
      ...(request?.unreadable ?? []),
      ...(request?.several?.targets ?? []).flatMap(({ unreadable }) => unreadable),
      ...(details != null && details.unreadable !== null ? [details] : []),
    ];
  });
  protected readonly blockedBy = computed(() => blockingErrors(this.request.value()?.plan?.checks ?? []));
  protected readonly standing = computed(() => {
    const request = this.request.value();
    return request === undefined ? null : standingOf(request, this.clock.seconds());
  });
  /** When it begins once it is confirmed: of several machines each goes by its own windows. */
  protected readonly beginning = computed(() => {
    const targets = this.request.value()?.several?.targets;
    const one = this.maintenance.value();
    return beginningOf(targets?.flatMap(({ maintenance }) => maintenance ?? []) ?? (one === undefined ? [] : [one]));
  });
  /** Boxes can be ticked. */
  protected readonly open = computed(() => {
    const request = this.request.value();
    return this.standing() === 'waiting' && request !== undefined && this.words.hindrance(request) === null;
  });
  protected readonly heading = computed(() => {
    const request = this.request.value();
    if (request === undefined) {
      return '';
    }
    const params = {
      name: this.words.where(request),
      what: this.words.what(request),
    };
    return request.status === 'executed'
      ? this.texts.t('plan.heading.executed', params)
      : this.texts.t('plan.heading', params);
  });

  constructor() {
    const destroyed = inject(DestroyRef);
    destroyed.onDestroy(
      this.live.on('request', ({ id }) => {
        if (id === this.id()) {
          void this.refresh();
        }
      }),
    );
    // How far each of several machines is stands in their jobs.
    destroyed.onDestroy(
      this.live.on('job', ({ id }) => {
        if (this.request.value()?.several?.targets.some(({ jobId, planJobId }) => id === jobId || id === planJobId)) {
          void this.refresh();
        }
      }),
    );
    effect(() => {
      this.id();
      untracked(() => {
        this.request.reset();
        this.maintenance.reset();
        this.accepted.set(new Set());
        this.refusal.set(null);
        this.since.set(Date.now());
        void this.refresh();
      });
    });
    effect(() => {
      if (this.live.returns() > 0) {
        untracked(() => void this.refresh());
      }
    });
    this.bindTitle(inject(Trail), inject(PortalTitle));
  }

  protected async refresh(): Promise<void> {
    const digest = this.request.value()?.planDigest;
    await this.request.load(() => this.api.get(this.id()));
    const request = this.request.value();
    if (request?.planDigest !== digest) {
      this.since.set(Date.now());
    }
    // Of several, each goes by its own window.
    const machineId = request?.machineId ?? null;
    if (request?.status === 'pending' && machineId !== null) {
      await this.maintenance.load(() => this.windows.standing(machineId, request.action));
    }
  }

  protected async confirm(reason: string): Promise<void> {
    const request = this.request.value();
    const digest = request?.planDigest;
    if (request === undefined || digest == null) {
      return;
    }
    const accepted = [...this.accepted()];
    await this.act(async () => {
      if (request.machineId === null) {
        await this.api.confirmAll(request.id, digest, accepted, reason, null);
        await this.refresh();
      } else {
        await this.watch(await this.api.confirm(request.id, digest, accepted, reason, null));
      }
    });
  }

  /** Of several machines: a new request for the same ones. */
  protected again(): Promise<void> {
    return this.act(async () => {
      const { requestId } = await this.api.again(this.id());
      await this.router.navigate(['/requests', requestId]);
    });
  }

  private async act(work: () => Promise<void>): Promise<void> {
    if (this.busy()) {
      return;
    }
    this.busy.set(true);
    this.refusal.set(null);
    try {
      await work();
    } catch (error) {
      this.refusal.set(problemOf(error));
      await this.refresh();
    } finally {
      this.busy.set(false);
    }
  }

  protected decision({
    status,
    withdrawn,
    said: { decidedBy: policy },
  }: RequestDetailDto): 'plan.withdrawnBy' | 'plan.rejectedBy' | 'plan.confirmedBy' | 'plan.confirmedByPolicy' {
    if (policy !== undefined) {
      return 'plan.confirmedByPolicy';
    }
    return withdrawn ? 'plan.withdrawnBy' : status === 'rejected' ? 'plan.rejectedBy' : 'plan.confirmedBy';
  }

  /** Begins outside the maintenance window, for a reason that stays. */
  protected async override(): Promise<void> {
    const request = this.request.value();
    const digest = request?.planDigest;
    if (request === undefined || digest == null) {
      return;
    }
    const accepted = [...this.accepted()];
    const job = await this.dialogs.decide<JobDto | null>({
      title: 'windows.override.title',
      params: { name: this.words.where(request) },
      text: request.machineId === null ? 'windows.override.textMany' : 'windows.override.text',
      reason: 'windows.override.reason',
      required: true,
      act: 'windows.beginNow',
      decide: async (reason) => {
        if (request.machineId !== null) {
          return this.api.confirm(this.id(), digest, accepted, '', reason);
        }
        await this.api.confirmAll(this.id(), digest, accepted, '', reason);
        return null;
      },
    });
    if (job === null) {
      await this.refresh();
    } else if (job !== undefined) {
      await this.watch(job);
    }
  }

  private async watch(job: JobDto): Promise<void> {
    this.activity.receive(job);
    await this.router.navigate(['/runs', job.id]);
  }

  protected async refuse(): Promise<void> {
    const request = this.request.value();
    if (request !== undefined && (await this.refusals.of(request)) !== undefined) {
      await this.refresh();
    }
  }

  private bindTitle(trail: Trail, title: PortalTitle): void {
    effect(() => {
      const request = this.request.value();
      if (request) {
        title.show(this.heading());
        trail.parts.set([
          { label: this.texts.t('nav.requests'), link: '/requests' },
          request.machineId === null
            ? { label: this.words.where(request) }
            : { label: this.words.where(request), link: `/machines/${request.machineId}` },
          { label: this.texts.t('plan.title') },
        ]);
      }
    });
  }
}
