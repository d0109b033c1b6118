import { Component, computed, inject, input } from '@angular/core';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import type { IconName } from '../../ui/icons';
import { PackageTable, type PackageRow, type PackageRows } from '../../ui/package-table';
import { REASON_ICON, type Reason } from '../machines/machine/packages';
import type { LeftPackage, PlanDetails } from './plan-details';

/** What the plan leaves although a newer version is known, each with its reason. */
@Component({
  selector: 'su-left-back',
  imports: [PackageTable],
  template: `
    <section class="card" aria-labelledby="left-back">
      <header>
        <h2 id="left-back">{{ texts.t('packages.left') }}</h2>
        <span class="t3 s">{{ summary() }}</span>
      </header>
      <su-package-table [label]="texts.t('packages.left')" [reasons]="texts.t('packages.reason')" [groups]="groups()" />
    </section>
  `,
  styles: `
    .card {
      overflow: clip;
    }
  `,
})
export class LeftBack {
  protected readonly texts = inject(Texts);
  private readonly said = inject(Said);
  readonly packages = input.required<readonly LeftPackage[]>();
  /** Of the plan. */
  readonly mode = input.required<PlanDetails['mode']>();
  protected readonly summary = computed(() =>
    this.texts.t('packages.left.count', { n: this.packages().length, mode: this.texts.t(`mode.${this.mode()}`) }),
  );
  protected readonly groups = computed((): PackageRows[] => [
    { key: 'left', heading: null, rows: this.packages().map((pack) => this.row(pack)) },
  ]);

  private row(pack: LeftPackage): PackageRow {
    const { name, arch, current, available, reason } = pack;
    return {
      key: `${name}:${arch}`,
      name,
      icon: iconOf(reason),
      operation: null,
      from: current,
      to: available,
      origin: null,
      tone: null,
      marked: false,
      reason: { icon: null, text: this.texts.known(`reason.${reason}`, reason), look: 'plain' },
      notes: pack.detail === '' ? [] : [{ text: this.said.of(pack, 'detail'), lang: this.said.lang(pack, 'detail') }],
      chosen: null,
    };
  }
}

function iconOf(reason: string): IconName {
  return reason in REASON_ICON ? REASON_ICON[reason as Reason] : 'unknown';
}
