import { Component, computed, inject, input } from '@angular/core';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import type { IconName } from '../../ui/icons';
import { VersionDiff } from '../../ui/version-diff';
import { OPERATION_ICON } from '../machines/machine/packages';
import type { LineFacts } from './plan-details';
import { planGroups, type PlanGroup, type PlanGroupKey } from './plan-groups';
import type { PlanLines, PlannedPackage } from './plan-lines';

const GROUP_ICON: Readonly<Record<PlanGroupKey, IconName>> = { security: 'security', removed: 'minus', other: 'up' };

/** Exactly what is confirmed, read from the plan's own lines: packages by what matters first, then everything else. */
@Component({
  selector: 'su-transaction',
  imports: [Icon, VersionDiff],
  templateUrl: './transaction.html',
  styleUrl: './package-rows.scss',
})
export class Transaction {
  protected readonly texts = inject(Texts);
  readonly lines = input.required<PlanLines>();
  /** What is known besides, by line. */
  readonly facts = input.required<ReadonlyMap<string, LineFacts>>();
  protected readonly groups = computed(() => planGroups(this.lines().packages, this.facts()));
  protected readonly groupIcon = GROUP_ICON;

  protected icon(group: PlanGroup, pack: PlannedPackage): IconName {
    return group.key === 'security' && pack.operation === 'upgrade' ? 'security' : OPERATION_ICON[pack.operation];
  }

  protected summary(group: PlanGroup): string {
    const fresh = group.packages.filter(({ operation }) => operation === 'install').length;
    return this.texts.t(`packages.${group.key}.count`, { n: group.packages.length, fresh });
  }

  /** Null where it was not found out, or nothing is replaced. */
  protected rollback({ line }: PlannedPackage): boolean | null {
    return this.facts().get(line)?.rollback ?? null;
  }

  protected tint(group: PlanGroup, pack: PlannedPackage): string {
    return group.key === 'removed'
      ? 'is-failed'
      : group.key === 'security'
        ? 'is-security'
        : pack.operation === 'install'
          ? 'is-clean'
          : '';
  }
}
