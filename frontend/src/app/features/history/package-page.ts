import { Component, computed, effect, inject, untracked } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { ActivatedRoute, Router, RouterLink } from '@angular/router';
import type { PackageChangeDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Paged } from '../../core/paged';
import { Trail } from '../../shell/trail';
import { EmptyState } from '../../ui/empty-state';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import type { IconName } from '../../ui/icons';
import { LoadingNote } from '../../ui/loading-note';
import { UnreadableNotes } from '../../ui/unreadable-notes';
import { VersionDiff } from '../../ui/version-diff';
import { WhenSeen } from '../../ui/when-seen';
import { HistoryApi } from './history-api';

const NAME = /^[a-z0-9][a-z0-9+.-]{1,199}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ICON: Readonly<Record<PackageChangeDto['operation'], IconName>> = {
  upgraded: 'up',
  installed: 'plus',
  removed: 'minus',
  downgraded: 'down',
  unchanged: 'info',
};

/** When did a package change, where, and by whom? Our runs and those of others; name and machine live in the address. */
@Component({
  selector: 'su-package-page',
  imports: [EmptyState, ErrorNotice, Icon, LoadingNote, RouterLink, UnreadableNotes, VersionDiff, WhenSeen],
  templateUrl: './package-page.html',
  styleUrl: './package-page.scss',
})
export class PackagePage {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  private readonly api = inject(HistoryApi);
  private readonly router = inject(Router);
  private readonly route = inject(ActivatedRoute);
  private readonly params = toSignal(this.route.paramMap, { requireSync: true });
  private readonly query = toSignal(this.route.queryParamMap, { requireSync: true });
  /** What the address asks for; empty: nothing yet. */
  protected readonly name = computed(() => this.params().get('name')?.trim().toLowerCase() ?? '');
  protected readonly known = computed(() => NAME.test(this.name()));
  protected readonly machineId = computed(() => {
    const id = this.query().get('machine') ?? '';
    return UUID.test(id) ? id : undefined;
  });
  protected readonly changes = new Paged<PackageChangeDto>((cursor) => {
    const machineId = this.machineId();
    return this.api.packageChanges({
      name: this.name(),
      ...(machineId === undefined ? {} : { machineId }),
      ...(cursor === undefined ? {} : { cursor }),
    });
  });
  protected readonly machineName = computed(() => this.changes.items()?.[0]?.machineName ?? '');
  protected readonly icon = ICON;

  constructor() {
    const trail = inject(Trail);
    effect(() => {
      const name = this.name();
      const list = { label: this.texts.t('nav.packages'), link: '/packages' };
      trail.parts.set(name === '' ? [{ label: list.label }] : [list, { label: name }]);
    });
    effect(() => {
      const ask = this.known();
      this.name();
      this.machineId();
      if (ask) {
        untracked(() => void this.changes.refresh());
      }
    });
  }

  protected open(name: string): void {
    void this.router.navigate(['/packages', name.trim().toLowerCase()]);
  }

  protected who(change: PackageChangeDto): string {
    return change.actor ?? this.texts.t('packages.nobodyKnown');
  }
}
