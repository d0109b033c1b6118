import { Component, computed, inject, input } from '@angular/core';
import { Texts } from '../../core/i18n/texts';
import type { IconName } from '../../ui/icons';
import {
  OPERATION_ICON,
  PackageTable,
  type PackageReason,
  type PackageRow,
  type PackageRows,
} from '../../ui/package-table';
import type { LineFacts } from './plan-details';
import { planGroups, type PlanGroup, type PlanGroupKey } from './plan-groups';
import type { PlanLines, PlannedPackage } from './plan-lines';

const GROUP_ICON: Readonly<Record<PlanGroupKey, IconName>> = { security: 'security', removed: 'minus', other: 'up' };

/** Exactly what is confirmed, read from the plan's own lines: packages by what matters first, then everything else. */
@Component({
  selector: 'su-transaction',
  imports: [PackageTable],
  templateUrl: './transaction.html',
  styles: `
    .list {
      overflow: clip;
    }

    .effects {
      padding: 8px 14px;

      li {
        overflow-wrap: anywhere;
      }
    }
  `,
})
export class Transaction {
  protected readonly texts = inject(Texts);
  readonly lines = input.required<PlanLines>();
  /** What is known besides, by line. */
  readonly facts = input.required<ReadonlyMap<string, LineFacts>>();
  protected readonly groups = computed(() =>
    planGroups(this.lines().packages, this.facts()).map((one) => this.rows(one)),
  );

  private rows(group: PlanGroup): PackageRows {
    const { key, packages } = group;
    const fresh = packages.filter(({ operation }) => operation === 'install').length;
    return {
      key,
      heading: {
        icon: GROUP_ICON[key],
        title: this.texts.t(`packages.${key}`),
        summary: this.texts.t(`packages.${key}.count`, { n: packages.length, fresh }),
        tone: key === 'security' ? 'security' : key === 'removed' ? 'failed' : null,
      },
      rows: packages.map((pack) => this.row(key, pack)),
    };
  }

  private row(group: PlanGroupKey, pack: PlannedPackage): PackageRow {
    const { line, name, operation, from, to, origin } = pack;
    const fresh = operation === 'install';
    return {
      key: line,
      name,
      icon: group === 'security' && operation === 'upgrade' ? 'security' : OPERATION_ICON[operation],
      operation,
      from,
      to,
      origin,
      tone: group === 'removed' ? 'failed' : group === 'security' ? 'security' : fresh ? 'clean' : null,
      marked: group === 'removed',
      reason: fresh ? { icon: null, text: this.texts.t('packages.new'), look: 'plain' } : this.wayBack(line),
      notes: [],
      chosen: null,
    };
  }

  /** Null where it was not found out, or nothing is replaced. */
  private wayBack(line: string): PackageReason | null {
    const possible = this.facts().get(line)?.rollback ?? null;
    return possible === null
      ? null
      : possible
        ? { icon: 'undo', text: this.texts.t('plan.rollback.yes'), look: 'plain' }
        : { icon: 'ban', text: this.texts.t('plan.rollback.no'), look: 'stale' };
  }
}
