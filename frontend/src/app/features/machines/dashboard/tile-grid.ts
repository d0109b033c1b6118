import { Component, computed, ElementRef, inject, input, output, signal, viewChildren } from '@angular/core';
import type { MatMenuPanel } from '@angular/material/menu';
import { RouterLink } from '@angular/router';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { Session } from '../../../core/session/session';
import { Icon } from '../../../ui/icon';
import type { GroupKey } from '../../../ui/states';
import { neighbour } from './grid-moves';
import { MachineList, type MachineGroup } from './machine-list';
import { Tile } from './tile';

/** Above this many the clean ones fold to their count: nobody scans five hundred machines that need nothing. */
const FOLD_CLEAN_ABOVE = 500;

const MOVES: Readonly<Record<string, 'left' | 'right' | 'up' | 'down'>> = {
  ArrowLeft: 'left',
  h: 'left',
  ArrowRight: 'right',
  l: 'right',
  ArrowUp: 'up',
  k: 'up',
  ArrowDown: 'down',
  j: 'down',
};

/** Tiles in groups by need, with one tile in the tab order and arrow keys between them. */
@Component({
  selector: 'su-tile-grid',
  imports: [Icon, RouterLink, Tile],
  templateUrl: './tile-grid.html',
  styleUrl: './tile-grid.scss',
  host: {
    '[class.compact]': 'compact()',
    '(pointerenter)': 'pointer.set(true); hold()',
    '(pointerleave)': 'pointer.set(false); hold()',
    '(focusin)': 'focused.set(true); hold()',
    '(focusout)': 'focused.set(false); hold()',
    '(keydown)': 'press($event)',
  },
})
export class TileGrid {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  protected readonly list = inject(MachineList);
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly compact = input(false);
  readonly menu = input.required<MatMenuPanel>();
  readonly goThrough = output<MachineGroup>();
  readonly analyse = output<MachineGroup>();
  private readonly tiles = viewChildren(Tile);
  private readonly active = signal<string | null>(null);
  private readonly cleanOpen = signal(false);
  protected readonly pointer = signal(false);
  protected readonly focused = signal(false);
  protected readonly reachable = computed(() => {
    const active = this.active();
    const ids = this.list.ids();
    return active !== null && ids.includes(active) ? active : (this.list.groups()[0]?.ids[0] ?? null);
  });

  protected folded(group: MachineGroup): boolean {
    return group.key === 'clean' && group.total > FOLD_CLEAN_ABOVE && !this.cleanOpen();
  }

  protected unfold(): void {
    this.cleanOpen.set(true);
  }

  protected reach(id: string): void {
    this.active.set(id);
  }

  protected sentence(key: GroupKey): `group.${GroupKey}.about` {
    return `group.${key}.about`;
  }

  /** Nothing moves away under a pointer or a focus. */
  protected hold(): void {
    this.list.held.set(this.pointer() || this.focused());
  }

  protected press(event: KeyboardEvent): void {
    const move = MOVES[event.key];
    const from = event.target;
    if (
      !move ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      !(from instanceof HTMLElement) ||
      !from.matches('[data-tile]')
    ) {
      return;
    }
    const all = [...this.host.nativeElement.querySelectorAll<HTMLElement>('[data-tile]')];
    const boxes = all.map((one) => one.parentElement?.getBoundingClientRect() ?? one.getBoundingClientRect());
    const to = neighbour(boxes, all.indexOf(from), move);
    const tile = to === null ? undefined : this.tiles().at(to);
    if (tile) {
      event.preventDefault();
      tile.focus();
    }
  }
}
