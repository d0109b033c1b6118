import type { ActionRegistry } from '../../jobs/actions/action-registry';
import { planActionName } from '../../jobs/actions/plan-action';
import type { ScheduledAction } from '../contracts/schedule-documents';

/** What the actions after a place of the list come to on a machine, in order: a change is planned first. */
export function jobsAfter(
  registry: Pick<ActionRegistry, 'find' | 'findChange'>,
  actions: readonly ScheduledAction[],
  position: number,
): string[] {
  return actions.slice(position + 1).flatMap(({ action }) => {
    if (registry.findChange(action) !== undefined) return [planActionName(action), action];
    return registry.find(action) === undefined ? [] : [action];
  });
}
