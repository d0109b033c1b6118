import { computed, inject, Injectable, signal } from '@angular/core';
import { MachineList } from './machine-list';

/** Machines picked for an action on several. */
@Injectable()
export class Selection {
  private readonly list = inject(MachineList);
  private readonly picked = signal<ReadonlySet<string>>(new Set());
  private anchor: string | null = null;

  /** Picked machines that are still on the list. */
  readonly ids = computed(() => {
    const picked = this.picked();
    return this.list.ids().filter((id) => picked.has(id));
  });
  readonly size = computed(() => this.ids().length);

  has(id: string): boolean {
    return this.picked().has(id);
  }

  toggle(id: string, range = false): void {
    const ids = this.list.ids();
    const from = this.anchor === null ? -1 : ids.indexOf(this.anchor);
    const to = ids.indexOf(id);
    this.picked.update((all) => {
      const next = new Set(all);
      if (range && from !== -1) {
        for (const one of ids.slice(Math.min(from, to), Math.max(from, to) + 1)) {
          next.add(one);
        }
      } else if (!next.delete(id)) {
        next.add(id);
      }
      return next;
    });
    this.anchor = id;
  }

  set(ids: readonly string[]): void {
    this.picked.set(new Set(ids));
  }

  clear(): void {
    this.picked.set(new Set());
    this.anchor = null;
  }
}
