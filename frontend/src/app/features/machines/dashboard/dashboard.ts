import {
  Component,
  computed,
  DestroyRef,
  effect,
  ElementRef,
  inject,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { MatMenuModule } from '@angular/material/menu';
import { ActivatedRoute, Router, RouterLink, RouterOutlet } from '@angular/router';
import type { MachineTileDto, TagDto } from '../../../api/models';
import { Loadable } from '../../../core/errors/loadable';
import { problemOf, type Problem } from '../../../core/errors/problem';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { Shortcuts } from '../../../core/keyboard/shortcuts';
import { Activity } from '../../../core/live/activity';
import { Session } from '../../../core/session/session';
import { MachineUi } from '../../../core/preferences/machine-ui';
import { SidePane } from '../../../core/preferences/side-pane';
import { Preferences } from '../../../core/preferences/preferences';
import { Trail } from '../../../shell/trail';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorNotice } from '../../../ui/error-notice';
import { Icon } from '../../../ui/icon';
import { LoadingNote } from '../../../ui/loading-note';
import { NEEDS_YOU, type Need } from '../../../ui/states';
import { MachinesApi } from '../machines-api';
import { RunOutcome, type RunOutcomeView } from '../run-outcome';
import { ChangesApi } from '../../changes/changes-api';
import { bulkParameters } from '../../changes/update-parameters';
import { BulkBar } from './bulk-bar';
import { queryOf, readAddress, VIEWS, writeAddress, type DashboardAddress, type View } from './dashboard-address';
import { FirstRun } from './first-run';
import { FleetBar } from './fleet-bar';
import { GROUPINGS, type Grouping, type MachineGroup } from './machine-groups';
import { MachineList } from './machine-list';
import { MachineTable } from './machine-table';
import { Selection } from './selection';
import { TileGrid } from './tile-grid';
import { WhenSeen } from '../../../ui/when-seen';

const TYPING_PAUSE = 250;
/** No tag has a slash alone for its name that somebody would filter by. */
const EDIT_TAGS = '/';

/** Who needs me? One sentence, one bar, and the machines in groups by what they need. */
@Component({
  selector: 'su-dashboard',
  imports: [
    BulkBar,
    EmptyState,
    ErrorNotice,
    FirstRun,
    FleetBar,
    Icon,
    LoadingNote,
    MachineTable,
    MatMenuModule,
    RouterLink,
    RouterOutlet,
    RunOutcome,
    TileGrid,
    WhenSeen,
  ],
  providers: [Selection],
  templateUrl: './dashboard.html',
  styleUrl: './dashboard.scss',
})
export class Dashboard {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  protected readonly list = inject(MachineList);
  protected readonly selection = inject(Selection);
  protected readonly ui = inject(MachineUi);
  private readonly pane = inject(SidePane);
  private readonly api = inject(MachinesApi);
  private readonly changes = inject(ChangesApi);
  private readonly activity = inject(Activity);
  private readonly router = inject(Router);
  private readonly route = inject(ActivatedRoute);
  private readonly filter = viewChild<ElementRef<HTMLInputElement>>('filter');
  private readonly params = toSignal(this.route.queryParamMap, { requireSync: true });
  private readonly preferences = inject(Preferences);
  protected readonly address = computed(() => readAddress(this.params(), this.preferences.get('dashboard_view')));
  private readonly question = computed(() => queryOf(this.address()), {
    equal: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  });
  protected readonly tags = new Loadable<TagDto[]>();
  protected readonly outcome = signal<RunOutcomeView | null>(null);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly busy = signal(false);
  protected readonly views = VIEWS;
  protected readonly groupings = GROUPINGS;
  protected readonly editTags = EDIT_TAGS;
  private typing: ReturnType<typeof setTimeout> | undefined;

  protected readonly filtered = computed(() => {
    const { q, tag, archived } = this.address();
    return q !== '' || tag !== null || archived;
  });
  protected readonly empty = computed(() => this.list.matching() === 0 && !this.filtered() && !this.list.loading());
  protected readonly heading = computed(() => this.sentence());
  protected readonly parts = computed(() => {
    const counts = this.list.counts();
    const named = NEEDS_YOU.filter((need) => (counts?.[need] ?? 0) > 0);
    const words = named.map((need) => this.texts.t(`needYou.${need as 'security'}`, { n: counts?.[need] ?? 0 }));
    return words.length === 0 ? '' : `${words.join(', ')}.`;
  });

  constructor() {
    const trail = inject(Trail);
    effect(() => {
      trail.parts.set([{ label: this.texts.t('nav.machines') }]);
    });
    // Before the first question: how much is read depends on how it is grouped.
    effect(() => {
      const grouping = this.address().view === 'table' ? 'need' : this.address().group;
      untracked(() => void this.list.groupBy(grouping));
    });
    effect(() => {
      const query = this.question();
      untracked(() => {
        this.selection.clear();
        void this.list.show(query);
      });
    });
    void this.tags.load(() => this.api.tags());
    this.bindKeys(inject(Shortcuts), inject(DestroyRef));
  }

  protected change(part: Partial<DashboardAddress>): void {
    void this.router.navigate([], {
      relativeTo: this.route,
      queryParams: writeAddress({ ...this.address(), ...part }),
      replaceUrl: 'q' in part,
    });
  }

  protected useView(view: View): void {
    this.preferences.choose('dashboard_view', view);
    this.change({ view });
  }

  /** The last choice is no tag but the place where tags are edited. */
  protected filterByTag(field: HTMLSelectElement): void {
    if (field.value === EDIT_TAGS) {
      field.value = this.address().tag ?? '';
      void this.router.navigate(['/machines/tags'], { queryParamsHandling: 'preserve' });
      return;
    }
    this.change({ tag: field.value || null });
  }

  protected groupBy(group: string): void {
    this.change({ group: group as Grouping });
  }

  protected type(text: string): void {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => {
      this.change({ q: text.trim() });
    }, TYPING_PAUSE);
  }

  protected toggle(need: Need): void {
    const states = this.address().states;
    this.change({ states: states.includes(need) ? states.filter((one) => one !== need) : [...states, need] });
  }

  protected goThrough(group: MachineGroup): void {
    this.change({ states: group.needs });
  }

  protected connect(address: string): void {
    void this.router.navigate(['/machines/new'], { queryParams: { address } });
  }

  /** Beside the page, so that the list stays. */
  protected peek(machine: MachineTileDto): void {
    this.pane.choose(machine.id);
    this.pane.toggle(true);
  }

  protected analyseOne(machine: MachineTileDto): Promise<void> {
    return this.act(async () => {
      this.activity.receive(await this.api.run(machine.id, 'apt_update_analyze'));
    });
  }

  protected analyseGroup(group: MachineGroup): Promise<void> {
    return this.analyse(() =>
      group.by === 'need'
        ? this.list.everyId({ ...this.question(), state: [...group.needs] })
        : Promise.resolve([...group.ids]),
    );
  }

  protected analyseAll(): Promise<void> {
    return this.analyse(() => this.list.everyId(this.question()));
  }

  protected async analysePicked(): Promise<void> {
    await this.analyse(() => Promise.resolve([...this.selection.ids()]));
    this.selection.clear();
  }

  /** One request for all of them: its page shows how far the plans are. */
  protected planPicked(what: 'security' | 'all'): Promise<void> {
    return this.act(async () => {
      const ids = [...this.selection.ids()];
      const request = await this.changes.planMany('apt_upgrade', ids, bulkParameters(what));
      this.selection.clear();
      await this.router.navigate(['/requests', request.id]);
    });
  }

  protected restore(machine: MachineTileDto): Promise<void> {
    return this.act(async () => {
      await this.api.restore(machine.id);
      await this.list.refresh();
    });
  }

  private analyse(which: () => Promise<string[]>): Promise<void> {
    return this.act(async () => {
      const ids = await which();
      const result = await this.api.runOnMany(ids, 'apt_update_analyze');
      const names = new Map(ids.map((id) => [id, this.list.find(id)?.name ?? id]));
      this.outcome.set({ result, names });
    });
  }

  private async act(work: () => Promise<void>): Promise<void> {
    this.busy.set(true);
    this.problem.set(null);
    try {
      await work();
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }

  private sentence(): string {
    const total = this.list.matching();
    const counts = this.list.counts();
    if (total === null || counts === null) {
      return this.texts.t('nav.machines');
    }
    const you = NEEDS_YOU.reduce((sum, need) => sum + counts[need], 0);
    const key = this.address().archived ? 'heading.archived' : this.filtered() ? 'heading.match' : 'heading.all';
    return this.texts.t(key, { total, you });
  }

  private bindKeys(shortcuts: Shortcuts, destroy: DestroyRef): void {
    shortcuts.bind('/', () => this.filter()?.nativeElement.focus(), destroy);
    shortcuts.bind(
      'v',
      () => {
        const next = VIEWS[(VIEWS.indexOf(this.address().view) + 1) % VIEWS.length];
        this.useView(next ?? 'comfort');
      },
      destroy,
    );
    shortcuts.bind(
      'Escape',
      () => {
        if (this.selection.size() === 0) {
          return false;
        }
        this.selection.clear();
        return true;
      },
      destroy,
    );
    shortcuts.bind(
      'R',
      (event) => {
        const tile = event.target instanceof HTMLElement ? event.target.closest('su-tile') : null;
        const id = tile?.querySelector('a')?.pathname.split('/').pop();
        const machine = id === undefined ? undefined : this.list.find(id);
        if (!machine || !this.session.can('machines.run')) {
          return false;
        }
        void this.analyseOne(machine);
        return true;
      },
      destroy,
    );
  }
}
