import { computed, DestroyRef, inject, Injectable } from '@angular/core';
import { Preferences } from '../preferences/preferences';

/** Runs for its key; answers false when it had nothing to do, so that the key goes on to others. */
type Handler = (event: KeyboardEvent) => boolean | void;

const SEQUENCE_WITHIN = 1200;

/**
 * Single-key shortcuts. They do nothing in fields and dialogs' own controls, can be switched off, and none of them
 * changes a machine.
 */
@Injectable({ providedIn: 'root' })
export class Shortcuts {
  private readonly handlers = new Map<string, Handler[]>();
  private leader: { key: string; at: number } | null = null;
  private readonly preferences = inject(Preferences);
  readonly on = computed(() => this.preferences.get('shortcuts'));

  constructor() {
    const listen = (event: KeyboardEvent): void => {
      this.receive(event);
    };
    document.addEventListener('keydown', listen);
    inject(DestroyRef).onDestroy(() => {
      document.removeEventListener('keydown', listen);
    });
  }

  switch(on: boolean): void {
    this.preferences.choose('shortcuts', on);
  }

  /** Binds a key (`/`, `v`) or a sequence (`g m`) until `destroy`; the newest binding is asked first. */
  bind(keys: string, handler: Handler, destroy: DestroyRef): void {
    const all = this.handlers.get(keys) ?? [];
    all.push(handler);
    this.handlers.set(keys, all);
    destroy.onDestroy(() => {
      all.splice(all.indexOf(handler), 1);
    });
  }

  private receive(event: KeyboardEvent): void {
    if (!this.on() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) {
      return;
    }
    if (document.querySelector('.cdk-overlay-backdrop, [role="dialog"]')) {
      return;
    }
    const key = event.key;
    const sequence = this.leader && Date.now() - this.leader.at < SEQUENCE_WITHIN ? `${this.leader.key} ${key}` : key;
    this.leader = key === 'g' && sequence === key ? { key, at: Date.now() } : null;
    for (const handler of [...(this.handlers.get(sequence) ?? [])].reverse()) {
      if (handler(event) !== false) {
        event.preventDefault();
        return;
      }
    }
  }
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)) &&
    !(target instanceof HTMLInputElement && target.type === 'checkbox')
  );
}
