import { inject, Injectable } from '@angular/core';
import type {
  OccurrenceDto,
  OccurrenceTargetDto,
  ScheduleDto,
  SchedulePolicyDto,
  ScheduleScopeDto,
} from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { JobWords } from '../../ui/job-words';

/** Schedules and their runs in words. */
@Injectable({ providedIn: 'root' })
export class ScheduleWords {
  private readonly texts = inject(Texts);
  private readonly formats = inject(Formats);
  private readonly said = inject(Said);
  private readonly jobs = inject(JobWords);

  /** "Analyse, then Update". */
  actions({ actions }: Pick<ScheduleDto, 'actions'>): string {
    const titles = actions.map((action) => this.jobs.title({ ...action, kind: action.action }));
    // Each schedule has one at least: none is what cannot be read.
    return titles.length === 0
      ? this.texts.t('schedules.unreadable')
      : titles.reduce((before, next) => this.texts.t('schedules.then', { before, next }));
  }

  scope(scope: ScheduleScopeDto | null): string {
    if (scope === null) {
      return this.texts.t('schedules.unreadable');
    }
    const { wholeFleet, machineIds, tagIds } = scope;
    const parts = [
      ...(wholeFleet ? [this.texts.t('schedules.scope.fleet')] : []),
      ...(tagIds.length > 0 ? [this.texts.t('schedules.scope.tags', { n: tagIds.length })] : []),
      ...(machineIds.length > 0 ? [this.texts.t('schedules.scope.machines', { n: machineIds.length })] : []),
    ];
    const where = parts.length === 0 ? this.texts.t('schedules.scope.nothing') : this.formats.list(parts);
    const conditions = this.conditions(scope);
    return conditions === '' ? where : this.texts.t('schedules.scope.where', { where, conditions });
  }

  conditions({ conditions }: ScheduleScopeDto): string {
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
    const { archives, origins, packages, excludedPackages, removals, newPackages, downgrades } = policy;
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
    ]);
  }

  /** Why it did not run, or what went wrong; null where nothing did. */
  trouble(row: Pick<OccurrenceDto | OccurrenceTargetDto, 'errorKind' | 'errorMessage' | 'said'>): string | null {
    return row.errorMessage === null ? null : this.said.of(row, 'errorMessage');
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
