import { computed, DestroyRef, inject, Injectable, signal } from '@angular/core';
import { Preferences } from './preferences';

/** CSS pixels; the server knows the same limits. */
export const PANE_WIDTHS = { least: 320, most: 720 } as const;
/** A phone has no room for it. */
const PHONE = '(max-width: 700px)';

/** The pane at the right of the page: whether it is open, how wide it is, and which machine is shown in it. */
@Injectable({ providedIn: 'root' })
export class SidePane {
  private readonly preferences = inject(Preferences);
  private readonly phone = signal(false);
  private readonly machine = signal<string | null>(null);
  readonly open = computed(() => this.preferences.get('pane_open') && !this.phone());
  readonly width = computed(() => this.preferences.get('pane_width'));
  /** The machine that was chosen last on the list of machines; null before any was. */
  readonly machineId = this.machine.asReadonly();

  constructor() {
    const query = window.matchMedia(PHONE);
    const follow = (): void => {
      this.phone.set(query.matches);
    };
    follow();
    query.addEventListener('change', follow);
    inject(DestroyRef).onDestroy(() => {
      query.removeEventListener('change', follow);
    });
  }

  toggle(open = !this.open()): void {
    this.preferences.choose('pane_open', open);
  }

  resize(width: number): void {
    this.preferences.choose('pane_width', within(width));
  }

  choose(machineId: string): void {
    this.machine.set(machineId);
  }
}

/** A width that the pane may have. Pure. */
export function within(width: number): number {
  return Math.round(Math.min(PANE_WIDTHS.most, Math.max(PANE_WIDTHS.least, width)));
}
