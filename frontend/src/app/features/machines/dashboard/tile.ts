import { Component, computed, ElementRef, inject, input, output, viewChild } from '@angular/core';
import { MatMenuModule, MatMenuTrigger, type MatMenuPanel } from '@angular/material/menu';
import { RouterLink } from '@angular/router';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { MachineUi } from '../../../core/preferences/machine-ui';
import { Icon } from '../../../ui/icon';
import { Lamp } from '../../../ui/lamp';
import { isOld, MachineWords } from '../machine-words';
import { MachineList } from './machine-list';
import { Selection } from './selection';
import { TileLog } from './tile-log';

/** Above this a root file system is worth a look. */
const NEARLY_FULL = 90;

/** One machine of the dashboard. It reads its own row, so a live change redraws this tile and nothing else. */
@Component({
  selector: 'su-tile',
  imports: [Icon, Lamp, MatMenuModule, RouterLink, TileLog],
  templateUrl: './tile.html',
  styleUrl: './tile.scss',
  host: {
    '[class]': '"is-" + machine().need',
    '[class.picked]': 'selected()',
    '[class.compact]': 'compact()',
    '[class.expanded]': 'expanded()',
    '(keydown)': 'press($event)',
  },
})
export class Tile {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly words = inject(MachineWords);
  private readonly list = inject(MachineList);
  protected readonly ui = inject(MachineUi);
  private readonly selection = inject(Selection);
  readonly machineId = input.required<string>();
  readonly compact = input(false);
  /** The one tile that Tab reaches. */
  readonly reachable = input(false);
  readonly menu = input.required<MatMenuPanel>();
  readonly reached = output();
  private readonly trigger = viewChild.required(MatMenuTrigger);
  private readonly link = viewChild.required<ElementRef<HTMLAnchorElement>>('link');
  /** Only the comfortable form has room for more. */
  protected readonly expanded = computed(() => !this.compact() && this.ui.expanded(this.machineId()));
  protected readonly machine = computed(() => this.list.tile(this.machineId())());
  protected readonly selected = computed(() => this.selection.has(this.machineId()));
  protected readonly verdict = computed(() => this.words.verdict(this.machine()));
  protected readonly system = computed(() => this.words.system(this.machine()));
  protected readonly value = computed(() => this.words.value(this.machine()));
  protected readonly name = computed(() => {
    const name = this.words.accessibleName(this.machine());
    return this.selected() ? `${name}. ${this.texts.t('tile.selected')}` : name;
  });
  protected readonly old = computed(() => isOld(this.machine()));
  /** Where the value itself does not say it. */
  protected readonly staleMark = computed(() => this.machine().apt.stale && this.machine().need !== 'stale');
  protected readonly root = computed(() => this.machine().metrics.rootUsedPercent);
  protected readonly full = computed(() => !this.old() && (this.root() ?? 0) >= NEARLY_FULL);
  protected readonly rebootGlyph = computed(() => {
    const machine = this.machine();
    return machine.need !== 'reboot' && machine.apt.rebootRequired === true && !this.old();
  });

  focus(): void {
    this.link().nativeElement.focus();
  }

  protected press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.link().nativeElement) {
      return;
    }
    if (event.key === ' ' || event.key === 'x') {
      this.selection.toggle(this.machineId(), event.shiftKey);
    } else if (event.key === '.') {
      this.trigger().openMenu();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** A click with the modifier keys of a selection picks the tile instead of opening it. */
  protected click(event: MouseEvent): void {
    if (event.shiftKey) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.selection.toggle(this.machineId(), true);
    }
  }
}
