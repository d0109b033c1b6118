import { inject, Injectable } from '@angular/core';
import type {
  OccurrenceDto,
  OccurrenceTargetDto,
  ScheduleDetailDto,
  ScheduleDto,
  SchedulePolicyDto,
  ScheduleScopeDto,
  ScopeSummaryDto,
} from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { JobWords } from '../../ui/job-words';
import { AS_MANY_AS_ALLOWED } from './schedule-draft';

/** Schedules and their runs in words. */
@Injectable({ providedIn: 'root' })
export class ScheduleWords {
  private readonly texts = inject(Texts);
  private readonly formats = inject(Formats);
  private readonly said = inject(Said);
  private readonly jobs = inject(JobWords);

  /** "Analyse, then Update". */
  actions({ actions }: Pick<ScheduleDto, 'actions'>): string {
    return this.inOrder(actions.map((action) => this.jobs.title({ ...action, kind: action.action })));
  }

  /** The same with what each is told: "Update (security updates only), then Reboot (only if needed)". */
  actionsInFull({ actions }: Pick<ScheduleDto, 'actions'>): string {
    const told = actions.map((action) => {
      const title = this.jobs.title({ ...action, kind: action.action });
      const how = this.parameters(action.parameters ?? {});
      return how === '' ? title : this.texts.t('schedules.action.with', { action: title, how });
    });
    return this.inOrder(told);
  }

  /** What is not done yet on a machine of a run. */
  left({ left }: Pick<OccurrenceTargetDto, 'left'>): string {
    return this.inOrder(left.map((kind) => this.jobs.title({ kind, title: kind, said: {} })));
  }

  /** What is to be acknowledged about a scope. Machines that are named one by one stay these. */
  notice(code: 'all_machines' | 'no_machines', { wholeFleet, tagIds }: ScheduleScopeDto, n: number): string {
    const named = code === 'all_machines' && !wholeFleet && tagIds.length === 0;
    return this.texts.t(`schedules.notice.${named ? 'all_named' : code}`, { n });
  }

  /** What an action can be told, by the name of its parameter. */
  parameter(name: string): string {
    return this.texts.known(`parameter.${name}`, name.replaceAll('_', ' '));
  }

  option(name: string, option: string): string {
    return this.texts.known(`parameter.${name}.${option}`, option);
  }

  /** What a choice means that nobody has made. */
  unsaid(name: string): string {
    return this.texts.known(`parameter.${name}.unsaid`, '–');
  }

  /** A moment by the clocks of the schedule, and by those of the browser where they show another time. */
  at(iso: string, zone: string): string {
    const [at, whole] = [this.formats.short(iso, zone), this.formats.short(iso)];
    if (at === whole) return at;
    const here = this.formats.onOneDay(zone, iso) ? this.formats.clockTime(iso) : whole;
    return this.texts.t('schedules.at.both', { at, zone, here });
  }

  /** From one moment to another, in the same way. */
  span(from: string, until: string, zone: string): string {
    const [at, whole] = [this.formats.range(from, until, zone), this.formats.range(from, until)];
    if (at === whole) return at;
    const here = this.formats.onOneDay(zone, from, until) ? this.formats.clockTime(from, until) : whole;
    return this.texts.t('schedules.at.both', { at, zone, here });
  }

  /** Whether a machine of a run waits for its window, and nobody has let it begin before. */
  held({ awaitsWindow }: OccurrenceTargetDto): boolean {
    return awaitsWindow;
  }

  /** What a machine of a run waits for: its window until that opens, then the end of another change there, then its place. */
  waits(target: OccurrenceTargetDto, zone: string): string {
    const { position, left, windowName, resumeAt } = target;
    if (resumeAt === null || !this.held(target)) {
      return this.texts.t(target.blockingJobId === null ? 'activity.runs.place' : 'activity.runs.change');
    }
    const window = { name: windowName ?? '', at: this.at(resumeAt, zone) };
    return position === 0 || left.length === 0
      ? this.texts.t('schedules.held', window)
      : this.texts.t('schedules.held.rest', { ...window, actions: this.left(target) });
  }

  /** Who lets a machine begin outside its window and why; null where nobody does. */
  outside({ windowOverride: why, windowOverrideBy: name }: OccurrenceTargetDto): string | null {
    return why === null ? null : this.texts.t('schedules.outside', { name: name ?? '', why });
  }

  /** "10 machines at a time"; where the schedule does not limit it, so. */
  atOnce(concurrency: number): string {
    return concurrency >= AS_MANY_AS_ALLOWED
      ? this.texts.t('schedules.asManyAsAllowed')
      : this.texts.t('schedules.atOnce', { n: concurrency });
  }

  /** Which ends people are told of; empty: of none. */
  notify(on: ScheduleDto['notifyOn']): string {
    return this.formats.list(on.map((one) => this.texts.t(`schedules.notify.${one}`)));
  }

  consequence(code: string): string {
    return this.texts.known(`consequence.${code}`, code);
  }

  /** Each schedule has one action at least: none is what cannot be read. */
  private inOrder(titles: readonly string[]): string {
    return titles.length === 0
      ? this.texts.t('schedules.unreadable')
      : titles.reduce((before, next) => this.texts.t('schedules.then', { before, next }));
  }

  private parameters(parameters: Readonly<Record<string, unknown>>): string {
    return Object.entries(parameters)
      .flatMap(([name, value]) => {
        if (typeof value === 'boolean') {
          const key = `parameter.${name}.${value ? 'yes' : 'no'}`;
          return this.texts.has(key) ? [this.texts.known(key, '')] : [];
        }
        if (Array.isArray(value)) {
          return value.length === 0 ? [] : [value.join(', ')];
        }
        return typeof value === 'string' ? [this.option(name, value)] : [];
      })
      .join(', ');
  }

  /** Which machines are meant: of one schedule, or of one of many, whose machines are counted only. */
  scope(scope: ScheduleScopeDto | ScopeSummaryDto | null): string {
    if (scope === null) {
      return this.texts.t('schedules.unreadable');
    }
    const { wholeFleet, tagIds } = scope;
    const machines = 'machineCount' in scope ? scope.machineCount : scope.machineIds.length;
    const parts = [
      ...(wholeFleet ? [this.texts.t('schedules.scope.fleet')] : []),
      ...(tagIds.length > 0 ? [this.texts.t('schedules.scope.tags', { n: tagIds.length })] : []),
      ...(machines > 0 ? [this.texts.t('schedules.scope.machines', { n: machines })] : []),
    ];
    const where = parts.length === 0 ? this.texts.t('schedules.scope.nothing') : this.formats.list(parts);
    const conditions = this.conditions(scope);
    return conditions === '' ? where : this.texts.t('schedules.scope.where', { where, conditions });
  }

  /** The machines and tags that are named, the first of them; empty where none is. */
  named({ named }: Pick<ScheduleDetailDto, 'named'>): string {
    const tags = named.tags.map(({ name }) => this.texts.t('schedules.tagOf', { name }));
    const names = [...tags, ...named.machines.map(({ name }) => name)];
    const rest = named.more > 0 ? [this.texts.t('schedules.more', { n: named.more })] : [];
    return [...names, ...rest].join(', ');
  }

  conditions({ conditions }: Pick<ScheduleScopeDto, 'conditions'>): string {
    const days = conditions.notAnalysedDays;
    return this.formats.list([
      ...(conditions.securityUpdates ? [this.texts.t('schedules.condition.security')] : []),
      ...(conditions.updates ? [this.texts.t('schedules.condition.updates')] : []),
      ...(conditions.rebootRequired ? [this.texts.t('schedules.condition.reboot')] : []),
      ...(days === null ? [] : [this.texts.t('schedules.condition.stale', { n: days })]),
    ]);
  }

  /** What may be changed without a person. */
  policy(policy: SchedulePolicyDto): string {
    const { archives, origins, packages, excludedPackages, removals, newPackages, downgrades, accepted } = policy;
    return this.formats.list([
      this.texts.t(archives === 'security' ? 'schedules.policy.security' : 'schedules.policy.any'),
      ...(origins == null ? [] : [this.texts.t('schedules.policy.origins', { names: origins.join(', ') })]),
      ...(packages == null ? [] : [this.texts.t('schedules.policy.packages', { names: packages.join(', ') })]),
      ...(excludedPackages.length === 0
        ? []
        : [this.texts.t('schedules.policy.excluded', { names: excludedPackages.join(', ') })]),
      this.texts.t(newPackages ? 'schedules.policy.new.yes' : 'schedules.policy.new.no'),
      this.texts.t(removals ? 'schedules.policy.removals.yes' : 'schedules.policy.removals.no'),
      ...(downgrades ? [this.texts.t('schedules.policy.downgrades.yes')] : []),
      ...accepted.map((code) => this.texts.t('schedules.policy.accepts', { what: this.consequence(code) })),
    ]);
  }

  /** Why it did not run, or what went wrong; null where nothing did. */
  trouble(row: Pick<OccurrenceDto | OccurrenceTargetDto, 'errorKind' | 'errorMessage' | 'said'>): string | null {
    return row.errorMessage === null ? null : this.said.of(row, 'errorMessage');
  }

  /** How long its change should take and what that stands on; null where no window asks for it. */
  estimate({ estimateSeconds, estimateBasis }: OccurrenceTargetDto): string | null {
    if (estimateSeconds === null || estimateBasis === null) {
      return null;
    }
    return this.texts.t(`windows.basis.${estimateBasis}`, { time: this.formats.span(Math.max(1, estimateSeconds)) });
  }

  /** "12 machines: 10 done, 2 failed". */
  counts(run: OccurrenceDto): string {
    if (run.machinesCount === null) {
      return '';
    }
    const parts = [
      ['waiting', run.waitingCount],
      ['running', run.runningCount],
      ['ok', run.okCount],
      ['warning', run.warningCount],
      ['error', run.errorCount],
      ['cancelled', run.cancelledCount],
    ] as const;
    const told = parts
      .filter(([, n]) => n !== null && n > 0)
      .map(([name, n]) => this.texts.t(`schedules.count.${name}`, { n: n ?? 0 }));
    const machines = this.texts.t('schedules.count.machines', { n: run.machinesCount });
    return told.length === 0 ? machines : this.texts.t('schedules.counts', { machines, told: told.join(', ') });
  }
}
