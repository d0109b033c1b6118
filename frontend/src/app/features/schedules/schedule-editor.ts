import { Component, computed, effect, inject, input, signal, untracked } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { Router, RouterLink } from '@angular/router';
import type {
  ActionDto,
  NamedScopeDto,
  SaveScheduleDto,
  SchedulePolicyDto,
  ScopePreviewDto,
  TimesPreviewDto,
} from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';
import { Trail } from '../../shell/trail';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { JobWords } from '../../ui/job-words';
import { LoadingNote } from '../../ui/loading-note';
import { RecurrenceFields } from '../../ui/recurrence/recurrence-fields';
import { withParameter } from './action-fields';
import { ActionParameters } from './action-parameters';
import { PolicyFields } from './policy-fields';
import {
  AS_MANY_AS_ALLOWED,
  CAREFUL,
  concurrencyOf,
  consequencesOf,
  draftOf,
  freshDraft,
  namesMachines,
  needsPolicy,
  refusedActions,
  schedulable,
  usualParameters,
} from './schedule-draft';
import { ScheduleWords } from './schedule-words';
import { SchedulesApi } from './schedules-api';
import { ScopeFields } from './scope-fields';

const PREVIEW_PAUSE_MS = 300;
const MISSED = ['skip', 'run_once', 'window'] as const;
const ENDS = ['ok', 'warning', 'error', 'cancelled', 'approval_needed'] as const;
const GRACES = [60, 300, 900, 1800, 3600, 7200, 21_600];
const WINDOWS = [null, 3600, 7200, 14_400, 28_800, 43_200, 86_400];

/** Makes a schedule, or changes one. What it would do is shown beside it by what will do it. */
@Component({
  selector: 'su-schedule-editor',
  imports: [
    ActionParameters,
    ErrorNotice,
    FormsModule,
    Icon,
    LoadingNote,
    PolicyFields,
    RecurrenceFields,
    RouterLink,
    ScopeFields,
  ],
  templateUrl: './schedule-editor.html',
  styleUrl: './schedule-editor.scss',
})
export class ScheduleEditor {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly jobs = inject(JobWords);
  protected readonly words = inject(ScheduleWords);
  private readonly session = inject(Session);
  private readonly api = inject(SchedulesApi);
  private readonly router = inject(Router);
  /** Of the schedule that is changed; a new one without. */
  readonly id = input<string>();
  protected readonly draft = signal<SaveScheduleDto | null>(null);
  private readonly version = signal(0);
  protected readonly loading = new Loadable<unknown>();
  protected readonly known = signal<readonly ActionDto[]>([]);
  protected readonly times = new Loadable<TimesPreviewDto>();
  protected readonly scope = new Loadable<ScopePreviewDto>();
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly missed = MISSED;
  protected readonly ends = ENDS;
  protected readonly graces = computed(() => withOwn(GRACES, this.draft()?.graceSeconds ?? 300));
  protected readonly windows = computed(() => withOwn(WINDOWS, this.draft()?.windowSeconds ?? null));
  /** What the machines and tags of the schedule are called. */
  protected readonly named = signal<NamedScopeDto | null>(null);
  protected readonly consequences = computed(() => consequencesOf(this.draft()?.actions ?? [], this.known()));
  protected readonly choices = computed(() => schedulable(this.known()));
  /** Of these, those that this account may not save: shown, since others may. */
  protected readonly refused = computed(() =>
    refusedActions(this.choices(), (permission) => this.session.can(permission)),
  );
  protected readonly offersRefused = computed(() => this.refused().size > 0);
  /** It does what this account may not save, as somebody else made it. */
  protected readonly keptFromSaving = computed(
    () => this.draft()?.actions.some(({ action }) => this.refused().has(action)) === true,
  );
  protected readonly unlimited = AS_MANY_AS_ALLOWED;
  protected readonly concurrencyOf = concurrencyOf;
  protected readonly changes = computed(() => needsPolicy(this.draft()?.actions ?? [], this.known()));
  protected readonly wrongTimes = computed(() => Object.values(this.times.problem()?.fields ?? {}));
  protected readonly notices = computed(() => this.scope.value()?.notices ?? []);
  protected readonly ready = computed(() => {
    const draft = this.draft();
    const meant = this.notices().every((notice) => draft?.acknowledged?.includes(notice) === true);
    const said = draft !== null && draft.name.trim() !== '' && namesMachines(draft.scope) && meant;
    return said && !this.keptFromSaving() && !this.busy() && this.times.problem() === null;
  });
  private readonly timing = computed(
    () => {
      const draft = this.draft();
      return draft === null ? null : { cron: draft.cron.trim(), runAt: draft.runAt, timezone: draft.timezone.trim() };
    },
    { equal: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );
  /** Nobody is asked what nothing means. */
  protected readonly chosen = computed(() => {
    const scope = this.draft()?.scope ?? null;
    return scope === null || !namesMachines(scope) ? null : scope;
  });

  constructor() {
    const trail = inject(Trail);
    effect(() => {
      const own = this.texts.t(this.id() === undefined ? 'schedules.add' : 'schedules.change');
      trail.parts.set([{ label: this.texts.t('schedules.title'), link: '/schedules' }, { label: own }]);
    });
    effect(() => {
      this.id();
      untracked(() => void this.start());
    });
    this.previewing(this.timing, (timing) => this.times.load(() => this.api.previewTimes(timing)));
    this.previewing(this.chosen, (scope) => this.scope.load(() => this.api.previewScope(scope)));
  }

  protected set(change: Partial<SaveScheduleDto>): void {
    this.draft.update((draft) => (draft === null ? null : { ...draft, ...change }));
  }

  protected setAction(at: number, action: string): void {
    this.setActions((actions) =>
      actions.map((one, index) => (index === at ? { action, parameters: usualParameters(action) } : one)),
    );
  }

  protected addAction(): void {
    this.setActions((actions) => [
      ...actions,
      { action: this.choices().find(({ name }) => !this.refused().has(name))?.name ?? '', parameters: {} },
    ]);
  }

  protected removeAction(at: number): void {
    this.setActions((actions) => actions.filter((_, index) => index !== at));
  }

  protected setParameter(at: number, name: string, value: unknown): void {
    this.setActions((actions) =>
      actions.map((one, index) =>
        index === at ? { ...one, parameters: withParameter(one.parameters ?? {}, name, value) } : one,
      ),
    );
  }

  protected setPolicy(change: Partial<SchedulePolicyDto>): void {
    this.draft.update((draft) =>
      draft === null ? null : { ...draft, policy: { ...this.policyOf(draft), ...change } },
    );
  }

  protected schemaOf(action: string): Record<string, unknown> | undefined {
    return this.known().find(({ name }) => name === action)?.parameters;
  }

  protected tell(end: (typeof ENDS)[number], told: boolean): void {
    const on = this.draft()?.notifyOn ?? [];
    this.set({ notifyOn: ENDS.filter((one) => (one === end ? told : on.includes(one))) });
  }

  protected policyOf(draft: SaveScheduleDto): SchedulePolicyDto {
    return draft.policy ?? CAREFUL;
  }

  protected acknowledge(notice: 'no_machines' | 'all_machines', meant: boolean): void {
    const others = (this.draft()?.acknowledged ?? []).filter((one) => one !== notice);
    this.set({ acknowledged: meant ? [...others, notice] : others });
  }

  protected async submit(): Promise<void> {
    const draft = this.draft();
    if (draft === null || !this.ready()) {
      return;
    }
    this.busy.set(true);
    this.problem.set(null);
    const body = { ...draft, name: draft.name.trim(), policy: this.changes() ? this.policyOf(draft) : null };
    const id = this.id();
    try {
      const saved = await (id === undefined ? this.api.create(body) : this.api.change(id, body, this.version()));
      await this.router.navigate(['/schedules', saved.id]);
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }

  private setActions(change: (actions: SaveScheduleDto['actions']) => SaveScheduleDto['actions']): void {
    this.draft.update((draft) => (draft === null ? null : { ...draft, actions: change(draft.actions) }));
  }

  private start(): Promise<void> {
    return this.loading.load(async () => {
      const id = this.id();
      const [known, schedule] = await Promise.all([this.api.actions(), id === undefined ? null : this.api.get(id)]);
      this.known.set(known);
      this.version.set(schedule?.version ?? 0);
      this.named.set(schedule?.named ?? null);
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      this.draft.set(schedule === null ? freshDraft(zone) : draftOf(schedule));
      return true;
    });
  }

  /** People change several things in a row; the preview follows the last. */
  private previewing<T>(what: () => T | null, show: (value: T) => Promise<void>): void {
    effect((onCleanup) => {
      const value = what();
      if (value === null) {
        return;
      }
      const timer = setTimeout(() => void show(value), PREVIEW_PAUSE_MS);
      onCleanup(() => {
        clearTimeout(timer);
      });
    });
  }
}

/** The usual lengths, and the one that is set though it is none of them. */
function withOwn<T extends number | null>(usual: readonly T[], own: T): T[] {
  return usual.includes(own) ? [...usual] : [...usual, own].sort((a, b) => (a ?? 0) - (b ?? 0));
}
