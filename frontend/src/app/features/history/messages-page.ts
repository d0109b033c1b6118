import {
  Component,
  computed,
  DestroyRef,
  effect,
  type ElementRef,
  inject,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { ActivatedRoute, Router, RouterLink } from '@angular/router';
import type { MessageGroupDto } from '../../api/models';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Texts } from '../../core/i18n/texts';
import { Shortcuts } from '../../core/keyboard/shortcuts';
import { Activity } from '../../core/live/activity';
import { Paged } from '../../core/paged';
import { Trail } from '../../shell/trail';
import { EmptyState } from '../../ui/empty-state';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { LoadingNote } from '../../ui/loading-note';
import { WhenSeen } from '../../ui/when-seen';
import { CATEGORIES, messageFilterOf, SEVERITIES } from './message-filter';
import { MessageGroup } from './message-group';
import { MessagesApi } from './messages-api';

const PAGE = 50;
const SEARCH_DELAY_MS = 250;

/** A decision that can be taken back: which message, when, and on how many machines. */
interface Decision {
  readonly key: string;
  readonly acknowledgedAt: string;
  readonly machines: number;
}

/** What did machines tell us? Equal messages together; the filter lives in the address. */
@Component({
  selector: 'su-messages-page',
  imports: [EmptyState, ErrorNotice, Icon, LoadingNote, MessageGroup, RouterLink, WhenSeen],
  templateUrl: './messages-page.html',
  styleUrl: './messages-page.scss',
})
export class MessagesPage {
  protected readonly texts = inject(Texts);
  private readonly api = inject(MessagesApi);
  private readonly router = inject(Router);
  private readonly route = inject(ActivatedRoute);
  private readonly params = toSignal(this.route.queryParamMap, { requireSync: true });
  private readonly find = viewChild<ElementRef<HTMLInputElement>>('find');
  private searching: ReturnType<typeof setTimeout> | undefined;
  protected readonly filter = computed(() => messageFilterOf(this.params()), {
    equal: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  });
  protected readonly narrowed = computed(() => {
    const { severity, category, text } = this.filter();
    return severity !== undefined || category !== undefined || text !== undefined;
  });
  protected readonly groups = new Paged<MessageGroupDto>((cursor) =>
    this.api.groups({ ...this.filter(), limit: PAGE, ...(cursor === undefined ? {} : { cursor }) }),
  );
  protected readonly severities = SEVERITIES;
  protected readonly categories = CATEGORIES;
  protected readonly problem = signal<Problem | null>(null);
  protected readonly busy = signal<string | null>(null);
  protected readonly decided = signal<Decision | null>(null);

  constructor() {
    const trail = inject(Trail);
    const activity = inject(Activity);
    inject(Shortcuts).bind('/', () => this.find()?.nativeElement.focus(), inject(DestroyRef));
    effect(() => {
      trail.parts.set([{ label: this.texts.t('nav.messages') }]);
    });
    effect(() => {
      this.filter();
      // A job that ended may have brought messages.
      activity.lastEnded();
      untracked(() => void this.groups.refresh());
    });
  }

  protected change(part: Readonly<Record<string, string | null>>): void {
    void this.router.navigate([], { relativeTo: this.route, queryParams: part, queryParamsHandling: 'merge' });
  }

  protected search(text: string): void {
    clearTimeout(this.searching);
    this.searching = setTimeout(() => {
      this.change({ text: text.trim() || null });
    }, SEARCH_DELAY_MS);
  }

  protected async acknowledge({ key }: MessageGroupDto): Promise<void> {
    await this.attempt(key, async () => {
      const { machines, acknowledgedAt } = await this.api.acknowledgeGroup(key);
      this.decided.set(acknowledgedAt === null ? null : { key, acknowledgedAt, machines });
    });
  }

  protected async undo({ key, acknowledgedAt }: Decision): Promise<void> {
    await this.attempt(key, async () => {
      await this.api.reopenGroup(key, acknowledgedAt);
      this.decided.set(null);
    });
  }

  private async attempt(key: string, work: () => Promise<void>): Promise<void> {
    this.busy.set(key);
    try {
      await work();
      this.problem.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(null);
    }
    await this.groups.refresh();
  }
}
