import { Component, computed, inject, linkedSignal, signal } from '@angular/core';
import { MatMenuModule } from '@angular/material/menu';
import { RouterLink } from '@angular/router';
import type { AptHoldDto, AptPackageDto } from '../../../api/models';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { WaitingRequests } from '../../../core/live/waiting-requests';
import { Session } from '../../../core/session/session';
import { Ago } from '../../../ui/ago';
import { Dialogs } from '../../../ui/dialogs';
import { download } from '../../../ui/download';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorNotice } from '../../../ui/error-notice';
import { Icon } from '../../../ui/icon';
import type { IconName } from '../../../ui/icons';
import { LoadingNote } from '../../../ui/loading-note';
import { VersionDiff } from '../../../ui/version-diff';
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
  OPERATION_ICON,
  REASON_ICON,
  type Mode,
  type PackageGroup,
} from './packages';
import { Repositories } from './repositories';
import { Said } from '../../../core/i18n/said';

/** Pending packages: what each mode would do, and for what it leaves, why. */
@Component({
  selector: 'su-updates-tab',
  imports: [
    Ago,
    EmptyState,
    ErrorNotice,
    HoldFacts,
    Holds,
    Icon,
    LoadingNote,
    MakePlan,
    MatMenuModule,
    Remedy,
    Repositories,
    RouterLink,
    VersionDiff,
  ],
  templateUrl: './updates-tab.html',
  styleUrl: './updates-tab.scss',
})
export class UpdatesTab {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  protected readonly store = inject(MachineStore);
  private readonly waiting = inject(WaitingRequests);
  private readonly dialogs = inject(Dialogs);
  protected readonly mode = signal<Mode>('withNew');
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
  protected readonly groups = computed(() => groupPackages(this.apt()?.packages ?? [], this.mode(), this.filter()));
  protected readonly never = computed(() => this.store.apt.problem()?.code === 'not_analysed');
  protected readonly reasonIcon = REASON_ICON;
  /** Plans of this machine that wait for a decision. */
  protected readonly undecided = computed(() =>
    this.waiting.items().filter(({ machineId }) => machineId === this.store.id()),
  );
  protected readonly parameters = computed(() => updateParameters(this.mode(), this.chosen()));
  protected readonly errorKinds = computed(() => this.apt()?.errors.map(({ kind }) => kind) ?? []);
  /** Those whose day has passed first. */
  protected readonly holds = computed(() =>
    [...(this.apt()?.holds ?? [])].sort((a, b) => Number(b.expired) - Number(a.expired)),
  );
  protected readonly hindrance = computed(() => {
    const host = this.store.machine.value()?.machineKind === 'proxmox_host';
    return host && this.mode() !== 'full' ? this.texts.t('plan.hostIsFull') : null;
  });

  protected icon(group: PackageGroup, pack: AptPackageDto): IconName {
    if (group.key === 'left' && pack.reason !== null) {
      return REASON_ICON[pack.reason];
    }
    return group.key === 'security' && pack.operation === 'upgrade' ? 'security' : OPERATION_ICON[pack.operation];
  }

  protected summary(group: PackageGroup): string {
    const fresh = group.packages.filter((pack) => pack.operation === 'install').length;
    return this.texts.t(`packages.${group.key}.count`, { n: group.packages.length, fresh });
  }

  protected reason(pack: AptPackageDto): string | null {
    if (pack.reason === 'phased' && pack.phasedPercent !== null) {
      return this.texts.t('reason.phasedAt', { percent: this.formats.percent(pack.phasedPercent) });
    }
    return pack.reason === null ? null : this.texts.t(`reason.${pack.reason}`);
  }

  /** Which mode would bring what this one leaves. */
  protected freed(pack: AptPackageDto): string | null {
    const mode = freedBy(pack, this.mode());
    return mode === null ? null : this.texts.t('packages.freedBy', { mode: this.texts.t(`mode.${mode}`) });
  }

  protected choosable(group: PackageGroup, pack: AptPackageDto): boolean {
    return group.key !== 'left' && pack.operation === 'upgrade' && this.session.can('machines.run');
  }

  protected choose(pack: AptPackageDto, on: boolean): void {
    const next = new Set(this.chosen());
    const name = aptName(pack);
    if (on) {
      next.add(name);
    } else {
      next.delete(name);
    }
    this.chosen.set(next);
  }

  protected isChosen(pack: AptPackageDto): boolean {
    return this.chosen().has(aptName(pack));
  }

  /** The mark that keeps the package; null without one. */
  protected holdOf({ name, arch }: AptPackageDto): AptHoldDto | null {
    return this.holds().find((hold) => hold.name === name || hold.name === `${name}:${arch}`) ?? null;
  }

  protected holdable(pack: AptPackageDto): boolean {
    return pack.currentVersion !== null && this.session.can('machines.run');
  }

  /** Asks for a hold, or for the end of the one that is there. */
  protected mark(pack: AptPackageDto): void {
    const question: HoldQuestion = {
      machineId: this.store.id() ?? '',
      name: aptName(pack),
      hold: this.holdOf(pack),
    };
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
