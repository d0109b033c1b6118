import { Component, computed, DestroyRef, effect, inject, input, signal, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import { firstValueFrom } from 'rxjs';
import type { EachResultDto, GroupedRequestDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Live } from '../../core/live/live';
import { WaitingRequests } from '../../core/live/waiting-requests';
import { Session } from '../../core/session/session';
import { PortalTitle } from '../../shell/portal-title';
import { Trail } from '../../shell/trail';
import { Dialogs } from '../../ui/dialogs';
import { EmptyState } from '../../ui/empty-state';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { LoadingNote } from '../../ui/loading-note';
import { beginningOf } from './beginning';
import { ChangesApi } from './changes-api';
import { Consequences } from './consequences';
import { GroupBar } from './group-bar';
import { GroupDecisionDialog, type GroupDecision } from './group-decision-dialog';
import { countedConsequences, inPortions, refusalsOf, sharedLines, toConfirm } from './request-group';
import { RequestWords, type Hindrance } from './request-words';
import { SharedPlan } from './shared-plan';
import { WindowsOfMany } from './windows-of-many';

/** What one person can look through and decide at once. */
const MOST = 1000;
const AT_ONCE = 200;
/** Each decision is told of by itself: they are read once. */
const GATHER_MS = 500;

interface Group {
  readonly items: readonly GroupedRequestDto[];
  /** All that wait, more than are read where there are very many. */
  readonly total: number;
}

interface Row {
  readonly request: GroupedRequestDto;
  readonly hindrance: Hindrance | 'blocked' | null;
}

/** What the last decision came to, in words. */
interface Outcome {
  readonly sentence: string;
  readonly reasons: readonly string[];
}

/** What one run of a schedule left to people: all that would happen, and one decision for as many of it as are chosen. */
@Component({
  selector: 'su-request-group-page',
  imports: [Consequences, EmptyState, ErrorNotice, GroupBar, Icon, LoadingNote, RouterLink, SharedPlan, WindowsOfMany],
  templateUrl: './request-group-page.html',
  styleUrls: ['./plan-columns.scss', './request-group-page.scss'],
})
export class RequestGroupPage {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  protected readonly words = inject(RequestWords);
  private readonly api = inject(ChangesApi);
  private readonly dialogs = inject(Dialogs);
  private readonly waiting = inject(WaitingRequests);
  readonly occurrenceId = input.required<string>();
  readonly action = input.required<string>();
  protected readonly group = new Loadable<Group>();
  protected readonly accepted = signal<ReadonlySet<string>>(new Set());
  /** Requests that are left out of the decision. */
  private readonly left = signal<ReadonlySet<string>>(new Set());
  protected readonly outcome = signal<Outcome | null>(null);
  private readonly deciding = signal(false);
  private timer: ReturnType<typeof setTimeout> | undefined;
  protected readonly first = computed(() => this.group.value()?.items[0]);
  protected readonly rows = computed<readonly Row[]>(() =>
    (this.group.value()?.items ?? []).map((request) => ({
      request,
      hindrance: this.words.hindrance(request) ?? (request.blocked ? 'blocked' : null),
    })),
  );
  protected readonly shared = computed(() => {
    const items = this.group.value()?.items ?? [];
    const targets = items.map(({ machineId, machineName }) => ({
      machineId: machineId ?? '',
      machineName: machineName ?? '',
    }));
    return { targets, effects: sharedLines(items) };
  });
  /** Those that a decision is about. */
  protected readonly chosen = computed(() => this.rows().filter(({ request }) => !this.left().has(request.id)));
  protected readonly confirmable = computed(() =>
    this.chosen().flatMap(({ request, hindrance }) => (hindrance === null ? [request] : [])),
  );
  /** When they begin once they are confirmed: each goes by the windows of its machine. */
  protected readonly beginning = computed(() =>
    beginningOf(this.confirmable().flatMap(({ maintenance }) => maintenance ?? [])),
  );
  protected readonly consequences = computed(() =>
    countedConsequences(this.confirmable()).map(({ machines, ...one }) => ({
      ...one,
      sentence: this.texts.t('together.consequence', { what: this.said.of(one, 'sentence'), n: machines }),
      said: {},
    })),
  );
  protected readonly missing = computed(
    () => this.consequences().filter(({ code }) => !this.accepted().has(code)).length,
  );
  protected readonly heading = computed(() => {
    const first = this.first();
    const n = this.group.value()?.total ?? 0;
    return first === undefined
      ? this.texts.t('requests.title')
      : this.texts.t('together.heading', { what: this.words.what(first), n });
  });

  constructor() {
    const destroyed = inject(DestroyRef);
    const live = inject(Live);
    effect(() => {
      this.occurrenceId();
      this.action();
      live.returns();
      untracked(() => void this.refresh());
    });
    destroyed.onDestroy(
      live.on('request', (request) => {
        if (request.occurrenceId === this.occurrenceId()) {
          this.timer ??= setTimeout(() => void this.refresh(), GATHER_MS);
        }
      }),
    );
    destroyed.onDestroy(() => {
      clearTimeout(this.timer);
    });
    this.bindTitle(inject(Trail), inject(PortalTitle));
  }

  protected async refresh(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.deciding()) {
      await this.group.load(() => this.read());
    }
  }

  protected choose(id: string, on: boolean): void {
    const next = new Set(this.left());
    if (on) {
      next.delete(id);
    } else {
      next.add(id);
    }
    this.left.set(next);
  }

  protected isChosen({ request }: Row): boolean {
    return !this.left().has(request.id);
  }

  protected hindrance(of: NonNullable<Row['hindrance']>): string {
    return of === 'blocked' || of === 'planning'
      ? this.texts.t('together.blocked')
      : this.texts.t(`plan.hindrance.${of}`);
  }

  protected async confirm(): Promise<void> {
    const wanted = toConfirm(this.confirmable(), this.accepted());
    const decide = inPortions(wanted, (portion, reason) => this.api.confirmEach(portion, reason, null));
    await this.decide({ way: 'confirm', n: wanted.length, decide });
  }

  /** They begin outside the maintenance windows of their machines, for a reason that stays. */
  protected async override(): Promise<void> {
    const wanted = toConfirm(this.confirmable(), this.accepted());
    const decide = inPortions(wanted, (portion, why) => this.api.confirmEach(portion, '', why));
    await this.decide({ way: 'override', n: wanted.length, decide });
  }

  protected async refuse(): Promise<void> {
    const ids = this.chosen().map(({ request }) => request.id);
    const decide = inPortions(ids, (portion, reason) => this.api.rejectEach(portion, reason));
    await this.decide({ way: 'refuse', n: ids.length, decide });
  }

  /** What was on the screen is decided: nothing is read anew until it is. */
  private async decide(decision: GroupDecision): Promise<void> {
    this.deciding.set(true);
    try {
      const dialog = this.dialogs.open<readonly EachResultDto[], GroupDecision, GroupDecisionDialog>(
        GroupDecisionDialog,
        decision,
        'group-title',
        'footer .btn:last-child',
      );
      const results = await firstValueFrom(dialog.closed);
      if (results !== undefined) {
        this.outcome.set(this.outcomeOf(decision.way, results));
      }
    } finally {
      this.deciding.set(false);
    }
    await Promise.all([this.refresh(), this.waiting.refresh()]);
  }

  private outcomeOf(way: GroupDecision['way'], results: readonly EachResultDto[]): Outcome {
    const n = results.filter(({ outcome }) => outcome === 'decided').length;
    const refusals = refusalsOf(results, (result) => this.said.of(result, 'message'));
    return {
      sentence: this.texts.t(`together.${way}.done`, { n }),
      reasons: refusals.map((refusal) => this.texts.t('together.left', { n: refusal.n, why: refusal.why })),
    };
  }

  private async read(): Promise<Group> {
    const items: GroupedRequestDto[] = [];
    let cursor: string | undefined;
    let total: number;
    do {
      const page = await this.api.group(this.occurrenceId(), this.action(), AT_ONCE, cursor);
      items.push(...page.items);
      ({ total } = page);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined && items.length < MOST);
    return { items, total: cursor === undefined ? items.length : total };
  }

  private bindTitle(trail: Trail, title: PortalTitle): void {
    effect(() => {
      title.show(this.heading());
      trail.parts.set([
        { label: this.texts.t('nav.requests'), link: '/requests' },
        { label: this.first()?.requestedBy.name ?? this.texts.t('request.run') },
      ]);
    });
  }
}
