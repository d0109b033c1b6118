import { computed, DestroyRef, effect, inject, untracked, type Signal } from '@angular/core';
import { Api } from '../../api/api';
import { requestsList } from '../../api/functions';
import type { RequestDto } from '../../api/models';
import { Loadable } from '../errors/loadable';
import { Session } from '../session/session';
import { Clock } from '../time/clock';
import { Live } from './live';
import { stillWaiting } from './waiting-requests';

/** Of an action on a machine one plan alone waits: more than these are not to be expected. */
const LIMIT = 50;

/** Plans of one machine that wait for a decision, what ends first first. For constructors. */
export function undecidedOn(machineId: Signal<string | null>): Signal<readonly RequestDto[]> {
  const [api, live, session, clock] = [inject(Api), inject(Live), inject(Session), inject(Clock)];
  const list = new Loadable<readonly RequestDto[]>();
  effect(() => {
    const id = machineId();
    const allowed = session.can('jobs.read');
    live.returns();
    untracked(() => {
      if (id === null || !allowed) {
        list.reset();
      } else {
        const question = { status: ['pending' as const], machineId: id, limit: LIMIT };
        void list.load(async () => (await api.invoke(requestsList, question)).items);
      }
    });
  });
  const stop = live.on('request', (request) => {
    if (request.machineId === machineId()) {
      list.update((now) => [...now.filter(({ id }) => id !== request.id), request]);
    }
  });
  inject(DestroyRef).onDestroy(stop);
  // Those of several machines have a page of their own.
  return computed(() =>
    stillWaiting(list.value() ?? [], clock.ages()).filter((request) => request.machineId === machineId()),
  );
}
