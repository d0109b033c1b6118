import { Component, computed, inject, linkedSignal, signal } from '@angular/core';
import { MatMenuModule } from '@angular/material/menu';
import { RouterLink } from '@angular/router';
import type { AptHoldDto, AptPackageDto } from '../../../api/models';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { undecidedOn } from '../../../core/live/undecided';
import { Dialogs } from '../../../ui/dialogs';
import { download } from '../../../ui/download';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorNotice } from '../../../ui/error-notice';
import { aptFailure } from '../../../ui/failure';
import { FailureNotice } from '../../../ui/failure-notice';
import { Icon } from '../../../ui/icon';
import type { IconName } from '../../../ui/icons';
import { LoadingNote } from '../../../ui/loading-note';
import {
  OPERATION_ICON,
  PackageTable,
  type PackageReason,
  type PackageRow,
  type PackageRows,
} from '../../../ui/package-table';
import { toCsv } from './csv';
import { HoldDialog, type HoldQuestion } from '../../changes/hold-dialog';
import { HoldFacts } from '../../changes/hold-facts';
import { MakePlan } from '../../changes/make-plan';
import { Remedy } from '../../changes/remedy';
import { aptName, updateParameters } from '../../changes/update-parameters';
import { Holds } from './holds';
import { MachineStore } from './machine-store';
import {
  freedBy,
  groupPackages,
  inMode,
  modeCounts,
  REASON_ICON,
  usualMode,
  type Mode,
  type PackageGroup,
  type PackageGroupKey,
} from './packages';
import { Repositories } from './repositories';
import { Said } from '../../../core/i18n/said';

const GROUP_ICON: Readonly<Record<PackageGroupKey, IconName>> = {
  security: 'security',
  removed: 'minus',
  other: 'up',
  left: 'pin',
};

/** Pending packages: what each mode would do, and for what it leaves, why. */
@Component({
  selector: 'su-updates-tab',
  imports: [
    EmptyState,
    ErrorNotice,
    FailureNotice,
    HoldFacts,
    Holds,
    Icon,
    LoadingNote,
    MakePlan,
    MatMenuModule,
    PackageTable,
    Remedy,
    Repositories,
    RouterLink,
  ],
  templateUrl: './updates-tab.html',
  styleUrl: './updates-tab.scss',
})
export class UpdatesTab {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly store = inject(MachineStore);
  private readonly dialogs = inject(Dialogs);
  private readonly kind = computed(() => this.store.machine.value()?.machineKind);
  /** First the one by which machines of this kind are upgraded. */
  protected readonly mode = linkedSignal<Mode>(() => usualMode(this.kind()));
  /** Names of what is planned alone; none for all that the mode brings. Another mode brings other packages. */
  protected readonly chosen = linkedSignal<Mode, ReadonlySet<string>>({
    source: this.mode,
    computation: () => new Set(),
  });
  protected readonly filter = signal('');
  protected readonly apt = this.store.apt.value;
  protected readonly modes = computed(() => {
    const apt = this.apt();
    return apt === undefined ? [] : modeCounts(apt.plans);
  });
  protected readonly groups = computed(() =>
    groupPackages(this.apt()?.packages ?? [], this.mode(), this.filter()).map((group) => this.rows(group)),
  );
  /** By the names by which they are planned alone: the keys of their rows. */
  private readonly packs = computed(() => new Map((this.apt()?.packages ?? []).map((pack) => [aptName(pack), pack])));
  protected readonly never = computed(() => this.store.apt.problem()?.code === 'not_analysed');
  protected readonly failures = computed(() => (this.apt()?.errors ?? []).map(aptFailure));
  /** Plans of this machine that wait for a decision. */
  protected readonly undecided = undecidedOn(this.store.id);
  protected readonly parameters = computed(() => updateParameters(this.mode(), this.chosen()));
  protected readonly errorKinds = computed(() => this.apt()?.errors.map(({ kind }) => kind) ?? []);
  /** Those whose day has passed first. */
  protected readonly holds = computed(() =>
    [...(this.apt()?.holds ?? [])].sort((a, b) => Number(b.expired) - Number(a.expired)),
  );
  protected readonly hindrance = computed(() => {
    return this.kind() === 'proxmox_host' && this.mode() !== 'full' ? this.texts.t('plan.hostIsFull') : null;
  });

  protected choose(name: string, on: boolean): void {
    const next = new Set(this.chosen());
    if (on) {
      next.add(name);
    } else {
      next.delete(name);
    }
    this.chosen.set(next);
  }

  private rows({ key, packages }: PackageGroup): PackageRows {
    const fresh = packages.filter((pack) => pack.operation === 'install').length;
    return {
      key,
      heading: {
        icon: GROUP_ICON[key],
        title: this.texts.t(`packages.${key}`),
        summary: this.texts.t(`packages.${key}.count`, {
          n: packages.length,
          fresh,
          mode: this.texts.t(`mode.${this.mode()}`),
        }),
        tone: key === 'security' ? 'security' : key === 'removed' ? 'failed' : null,
      },
      rows: packages.map((pack) => this.row(key, pack)),
    };
  }

  /** Its key is the name by which it is planned alone. */
  private row(group: PackageGroupKey, pack: AptPackageDto): PackageRow {
    const { name, operation, currentVersion, targetVersion, origin, reasonDetail } = pack;
    const freed = group === 'left' ? this.freed(pack) : null;
    const choosable = group !== 'left' && operation === 'upgrade' && this.store.runnable();
    return {
      key: aptName(pack),
      name,
      icon: this.icon(group, pack),
      operation,
      from: currentVersion,
      to: targetVersion,
      origin,
      tone:
        group === 'security'
          ? 'security'
          : operation === 'install'
            ? 'clean'
            : operation === 'remove'
              ? 'failed'
              : null,
      marked: operation === 'remove',
      reason: this.reason(pack),
      notes: [
        ...(reasonDetail
          ? [{ text: this.said.of(pack, 'reasonDetail'), lang: this.said.lang(pack, 'reasonDetail') }]
          : []),
        ...(freed === null ? [] : [{ text: freed, lang: null }]),
      ],
      chosen: choosable ? this.chosen().has(aptName(pack)) : null,
    };
  }

  private icon(group: PackageGroupKey, { reason, operation }: AptPackageDto): IconName {
    return group === 'left' && reason !== null
      ? REASON_ICON[reason]
      : group === 'security' && operation === 'upgrade'
        ? 'security'
        : OPERATION_ICON[operation];
  }

  private reason({ reason, phasedPercent, operation }: AptPackageDto): PackageReason | null {
    if (reason === null) {
      return operation === 'install' ? { icon: null, text: this.texts.t('packages.new'), look: 'plain' } : null;
    }
    const text =
      reason === 'phased' && phasedPercent !== null
        ? this.texts.t('reason.phasedAt', { percent: this.formats.percent(phasedPercent) })
        : this.texts.t(`reason.${reason}`);
    return { icon: REASON_ICON[reason], text, look: 'fact' };
  }

  /** Which mode would bring what this one leaves. */
  private freed(pack: AptPackageDto): string | null {
    const mode = freedBy(pack, this.mode());
    return mode === null ? null : this.texts.t('packages.freedBy', { mode: this.texts.t(`mode.${mode}`) });
  }

  /** The mark that keeps the package of a row; null without one. */
  protected holdOf(key: string): AptHoldDto | null {
    const pack = this.packs().get(key);
    return pack === undefined
      ? null
      : (this.holds().find(({ name }) => name === pack.name || name === `${pack.name}:${pack.arch}`) ?? null);
  }

  protected holdable(key: string): boolean {
    return this.packs().get(key)?.currentVersion != null && this.store.runnable();
  }

  /** Asks for a hold, or for the end of the one that is there. */
  protected mark(key: string): void {
    const question: HoldQuestion = { machineId: this.store.id() ?? '', name: key, hold: this.holdOf(key) };
    this.dialogs.open<void, HoldQuestion, HoldDialog>(HoldDialog, question, 'hold-title');
  }

  protected analyse(): void {
    void this.store.run('apt_update_analyze');
  }

  /** All packages of the analysis, whatever the mode and the filter. */
  protected export(): void {
    const rows = (this.apt()?.packages ?? []).map((pack) => [
      pack.name,
      pack.arch,
      pack.currentVersion,
      pack.targetVersion,
      pack.origin,
      pack.operation,
      pack.security ? 'yes' : 'no',
      inMode(pack, 'upgrade') ? 'yes' : 'no',
      inMode(pack, 'withNew') ? 'yes' : 'no',
      inMode(pack, 'full') ? 'yes' : 'no',
      pack.reason,
      pack.reasonDetail,
    ]);
    const header = [
      'name',
      'arch',
      'current',
      'target',
      'origin',
      'operation',
      'security',
      'upgrade',
      'with_new',
      'full',
      'reason',
      'detail',
    ];
    download(`${this.store.machine.value()?.name ?? 'machine'}-packages.csv`, toCsv([header, ...rows]), 'text/csv');
  }
}
