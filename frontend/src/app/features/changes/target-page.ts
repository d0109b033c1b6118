import { Component, computed, DestroyRef, effect, inject, input, signal, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { RequestDetailDto, TargetPlanDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Live } from '../../core/live/live';
import { PortalTitle } from '../../shell/portal-title';
import { Trail } from '../../shell/trail';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { LoadingNote } from '../../ui/loading-note';
import { UnreadableNotes } from '../../ui/unreadable-notes';
import { WindowStanding } from '../windows/window-standing';
import { ChangesApi } from './changes-api';
import { Digest } from './digest';
import { PlanBody } from './plan-body';
import { RequestWords } from './request-words';
import { targetStanding, type TargetStanding } from './target-standing';

/** What exactly will happen on this machine? One machine of a request for several; it is decided with the others. */
@Component({
  selector: 'su-target-page',
  imports: [Digest, ErrorNotice, Icon, LoadingNote, PlanBody, RouterLink, UnreadableNotes, WindowStanding],
  templateUrl: './target-page.html',
  styleUrl: './plan-page.scss',
})
export class TargetPage {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly words = inject(RequestWords);
  private readonly api = inject(ChangesApi);
  private readonly live = inject(Live);
  readonly id = input.required<string>();
  readonly machineId = input.required<string>();
  protected readonly found = new Loadable<TargetPlanDto>();
  /** Nothing is ticked here: what follows is accepted for all machines together. */
  protected readonly accepted = signal<ReadonlySet<string>>(new Set());
  /** The request as if it were for this machine alone. */
  protected readonly alone = computed<RequestDetailDto | null>(() => {
    const found = this.found.value();
    if (found === undefined) {
      return null;
    }
    const { request, target, plan } = found;
    const { machineId, machineName, planDigest, planJobId, unreadable } = target;
    const blocked = plan?.checks.some(({ verdict }) => verdict === 'blocked') ?? false;
    return { ...request, machineId, machineName, planDigest, planJobId, plan, several: null, blocked, unreadable };
  });
  protected readonly unread = computed(() => {
    const found = this.found.value();
    const details = found?.plan?.details;
    return [...(found?.target.unreadable ?? []), ...(details != null && details.unreadable !== null ? [details] : [])];
  });
  protected readonly standing = computed<TargetStanding | 'leftOut' | null>(() => {
    const target = this.found.value()?.target;
    return target === undefined ? null : target.status === 'skipped' ? 'leftOut' : targetStanding(target);
  });
  protected readonly heading = computed(() => {
    const alone = this.alone();
    return alone === null
      ? ''
      : this.texts.t('plan.heading', { name: this.words.where(alone), what: this.words.what(alone) });
  });

  constructor() {
    inject(DestroyRef).onDestroy(
      this.live.on('request', ({ id }) => {
        if (id === this.id()) {
          void this.refresh();
        }
      }),
    );
    effect(() => {
      this.id();
      this.machineId();
      untracked(() => {
        this.found.reset();
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
    await this.found.load(() => this.api.target(this.id(), this.machineId()));
  }

  protected key(standing: TargetStanding | 'leftOut'): `several.standing.${TargetStanding | 'leftOut'}` {
    return `several.standing.${standing}`;
  }

  private bindTitle(trail: Trail, title: PortalTitle): void {
    effect(() => {
      const alone = this.alone();
      const request = this.found.value()?.request;
      if (alone && request) {
        title.show(this.heading());
        trail.parts.set([
          { label: this.texts.t('nav.requests'), link: '/requests' },
          { label: this.words.where(request), link: `/requests/${request.id}` },
          { label: this.words.where(alone) },
        ]);
      }
    });
  }
}
