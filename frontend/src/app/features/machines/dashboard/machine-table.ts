import { Component, computed, inject, input, output } from '@angular/core';
import { MatMenuModule, type MatMenuPanel } from '@angular/material/menu';
import { RouterLink } from '@angular/router';
import type { MachineTileDto } from '../../../api/models';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { SidePane } from '../../../core/preferences/side-pane';
import { Ago } from '../../../ui/ago';
import { Icon } from '../../../ui/icon';
import { StateChip } from '../../../ui/state-chip';
import { isOld, MachineWords } from '../machine-words';
import type { DashboardAddress, Sort } from './dashboard-address';
import { MachineList } from './machine-list';
import { Selection } from './selection';
import { Said } from '../../../core/i18n/said';
import { TagChip } from '../tags/tag-chip';

/** The same machines as rows, for comparing and for picking several. Unmeasured values are `?`, never 0. */
@Component({
  selector: 'su-machine-table',
  imports: [Ago, Icon, MatMenuModule, RouterLink, StateChip, TagChip],
  templateUrl: './machine-table.html',
  styleUrl: './machine-table.scss',
})
export class MachineTable {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly words = inject(MachineWords);
  protected readonly selection = inject(Selection);
  protected readonly list = inject(MachineList);
  protected readonly pane = inject(SidePane);
  readonly address = input.required<DashboardAddress>();
  readonly menu = input.required<MatMenuPanel>();
  readonly sorted = output<{ sort: Sort; order: 'asc' | 'desc' | null }>();
  protected readonly machines = computed(() => this.list.ids().map((id) => this.list.tile(id)()));
  protected readonly all = computed(
    () => this.selection.size() > 0 && this.selection.size() === this.list.ids().length,
  );
  protected readonly old = isOld;

  protected pickAll(picked: boolean): void {
    if (picked) {
      this.selection.set(this.list.ids());
    } else {
      this.selection.clear();
    }
  }

  protected count(machine: MachineTileDto, value: number | null): string {
    return value === null ? '?' : this.formats.number(value);
  }

  protected ariaSort(sort: Sort): 'ascending' | 'descending' | null {
    const address = this.address();
    if (address.sort !== sort) {
      return null;
    }
    const usual = sort === 'lastSeen' || sort === 'updates' ? 'desc' : 'asc';
    return (address.order ?? usual) === 'asc' ? 'ascending' : 'descending';
  }

  protected sort(sort: Sort): void {
    const now = this.ariaSort(sort);
    this.sorted.emit({ sort, order: now === null ? null : now === 'ascending' ? 'desc' : 'asc' });
  }
}
