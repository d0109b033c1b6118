import { Component, computed, effect, inject, input, signal, untracked } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { Router, RouterLink } from '@angular/router';
import type { ActionDto, SaveScheduleDto, SchedulePolicyDto, ScopePreviewDto, TimesPreviewDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Trail } from '../../shell/trail';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { JobWords } from '../../ui/job-words';
import { LoadingNote } from '../../ui/loading-note';
import { RecurrenceFields } from '../../ui/recurrence/recurrence-fields';
import { PolicyFields } from './policy-fields';
import { CAREFUL, draftOf, freshDraft, namesMachines, needsPolicy, schedulable } from './schedule-draft';
import { SchedulesApi } from './schedules-api';
import { ScopeFields } from './scope-fields';

const PREVIEW_PAUSE_MS = 300;
const MODES = ['upgrade', 'upgrade_with_new', 'dist_upgrade'] as const;
const MISSED = ['skip', 'run_once', 'window'] as const;
const WINDOWS = [null, 3600, 7200, 14_400, 28_800, 43_200, 86_400] as const;

/** Makes a schedule, or changes one. What it would do is shown beside it by what will do it. */
@Component({
  selector: 'su-schedule-editor',
  imports: [ErrorNotice, FormsModule, Icon, LoadingNote, PolicyFields, RecurrenceFields, RouterLink, ScopeFields],
  templateUrl: './schedule-editor.html',
  styleUrl: './schedule-editor.scss',
})
export class ScheduleEditor {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly jobs = inject(JobWords);
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
  protected readonly modes = MODES;
  protected readonly missed = MISSED;
  protected readonly windows = WINDOWS;
  protected readonly choices = computed(() => schedulable(this.known()));
  protected readonly changes = computed(() => needsPolicy(this.draft()?.actions ?? [], this.known()));
  protected readonly wrongTimes = computed(() => Object.values(this.times.problem()?.fields ?? {}));
  protected readonly notices = computed(() => this.scope.value()?.notices ?? []);
  protected readonly ready = computed(() => {
    const draft = this.draft();
    const meant = this.notices().every((notice) => draft?.acknowledged?.includes(notice) === true);
    const said = draft !== null && draft.name.trim() !== '' && namesMachines(draft.scope) && meant;
    return said && !this.busy() && this.times.problem() === null;
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
    this.setActions((actions) => actions.map((one, index) => (index === at ? { action, parameters: {} } : one)));
  }

  protected addAction(): void {
    this.setActions((actions) => [...actions, { action: this.choices()[0]?.name ?? '', parameters: {} }]);
  }

  protected removeAction(at: number): void {
    this.setActions((actions) => actions.filter((_, index) => index !== at));
  }

  protected setParameter(at: number, name: string, value: string): void {
    this.setActions((actions) =>
      actions.map((one, index) => (index === at ? { ...one, parameters: { ...one.parameters, [name]: value } } : one)),
    );
  }

  protected parameter(at: number, name: string, otherwise: string): string {
    const value: unknown = this.draft()?.actions[at]?.parameters?.[name];
    return typeof value === 'string' ? value : otherwise;
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
