import { Component, computed, effect, inject, untracked } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { ActivatedRoute, Router, RouterLink } from '@angular/router';
import type { RequestDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { WaitingRequests } from '../../core/live/waiting-requests';
import { Paged } from '../../core/paged';
import { Trail } from '../../shell/trail';
import { Ago } from '../../ui/ago';
import { EmptyState } from '../../ui/empty-state';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import type { IconName } from '../../ui/icons';
import { LoadingNote } from '../../ui/loading-note';
import { WhenSeen } from '../../ui/when-seen';
import { ChangesApi } from './changes-api';
import { DECIDED_VIEWS, decidedViewOf, type DecidedView } from './decided-filter';
import { RequestCard } from './request-card';
import { RequestGroupCard } from './request-group-card';
import { runEndOf } from './request-standing';
import { RequestWords } from './request-words';

type Decided = Exclude<RequestDto['status'], 'pending'>;

const ICON: Readonly<Record<`request.status.${Decided | 'withdrawn' | 'failed' | 'stopped'}`, IconName>> = {
  'request.status.approved': 'tick',
  'request.status.executed': 'clean',
  'request.status.expired': 'stale',
  'request.status.failed': 'failed',
  'request.status.rejected': 'ban',
  'request.status.stopped': 'ban',
  'request.status.withdrawn': 'ban',
};

/** May this happen? What waits for a decision, what ends first first; below, what was decided. */
@Component({
  selector: 'su-requests-page',
  imports: [Ago, EmptyState, ErrorNotice, Icon, LoadingNote, RequestCard, RequestGroupCard, RouterLink, WhenSeen],
  templateUrl: './requests-page.html',
  styleUrl: './requests-page.scss',
})
export class RequestsPage {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly waiting = inject(WaitingRequests);
  protected readonly words = inject(RequestWords);
  private readonly api = inject(ChangesApi);
  private readonly router = inject(Router);
  private readonly route = inject(ActivatedRoute);
  private readonly params = toSignal(this.route.queryParamMap, { requireSync: true });
  /** Plans of nights that nobody confirmed are many: they stand by themselves. */
  protected readonly view = computed(() => decidedViewOf(this.params()));
  protected readonly views = DECIDED_VIEWS;
  protected readonly decided = new Paged<RequestDto>((cursor) => this.api.decided(this.view(), cursor));
  protected readonly icon = ICON;

  constructor() {
    const trail = inject(Trail);
    effect(() => {
      trail.parts.set([{ label: this.texts.t('nav.requests') }]);
    });
    effect(() => {
      // A request that was decided, here or elsewhere, goes from the inbox to the history.
      this.waiting.lastChanged();
      this.view();
      untracked(() => void this.decided.refresh());
    });
  }

  protected choose(view: DecidedView): void {
    const queryParams = { decided: view === DECIDED_VIEWS[0] ? null : view };
    void this.router.navigate([], { relativeTo: this.route, queryParams, queryParamsHandling: 'merge' });
  }

  protected status(request: RequestDto): `request.status.${Decided | 'withdrawn' | 'failed' | 'stopped'}` {
    const { status, withdrawn } = request;
    if (withdrawn) {
      return 'request.status.withdrawn';
    }
    const end = runEndOf(request);
    if (status === 'executed' && end !== 'well') {
      return `request.status.${end}`;
    }
    return `request.status.${status === 'pending' ? 'expired' : status}`;
  }
}
