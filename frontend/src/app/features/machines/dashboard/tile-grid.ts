import { Component, computed, ElementRef, inject, input, output, signal, viewChildren } from '@angular/core';
import type { MatMenuPanel } from '@angular/material/menu';
import { RouterLink } from '@angular/router';
import { Formats } from '../../../core/i18n/formats';
import { Texts, type TextKey } from '../../../core/i18n/texts';
import { SidePane } from '../../../core/preferences/side-pane';
import { Session } from '../../../core/session/session';
import { Icon } from '../../../ui/icon';
import { neighbour } from './grid-moves';
import type { MachineGroup } from './machine-groups';
import { MachineList } from './machine-list';
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
  private readonly pane = inject(SidePane);
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
    const places = this.list.groups().flatMap((group) => group.ids.map((id) => this.place(group, id)));
    return active !== null && places.includes(active) ? active : (places[0] ?? null);
  });

  protected folded(group: MachineGroup): boolean {
    return group.key === 'clean' && group.total > FOLD_CLEAN_ABOVE && !this.cleanOpen();
  }

  protected unfold(): void {
    this.cleanOpen.set(true);
  }

  protected reach(group: MachineGroup, id: string): void {
    this.active.set(this.place(group, id));
    this.pane.choose(id);
  }

  /** A machine stands under each of its tags: group and machine together are one place. */
  protected place(group: MachineGroup, id: string): string {
    return `${group.key}/${id}`;
  }

  protected title(group: MachineGroup): string {
    if (group.by === 'tag') {
      return group.name ?? this.texts.t('group.withoutTag');
    }
    return this.texts.t(`${group.by === 'kind' ? 'kind' : 'group'}.${group.key}` as TextKey);
  }

  protected count(group: MachineGroup): string {
    const count = this.formats.number(group.total);
    return group.by !== 'need' && this.list.nextCursor() !== null ? `${count}+` : count;
  }

  protected sentence(group: MachineGroup): string {
    return group.needYou === null
      ? this.texts.t(`group.${group.key}.about` as TextKey)
      : this.texts.t('group.needYou', { n: group.needYou });
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
