import { computed, effect, inject, untracked } from '@angular/core';
import { Live } from '../live/live';
import type { Permission } from './permissions';
import { Session } from './session';

/**
 * Reads while the account may: now, when it is allowed to from now on, and when the connection is back. Once it may no
 * longer, or somebody signs out, what was read is forgotten. For constructors: it lives as long as whoever calls it.
 */
export function readWhileAllowed(permission: Permission, read: () => unknown, forget: () => void): void {
  const session = inject(Session);
  const live = inject(Live);
  const may = computed(() => session.can(permission));
  effect(() => {
    const allowed = may();
    live.returns();
    untracked(() => {
      if (allowed) {
        read();
      } else {
        forget();
      }
    });
  });
}
