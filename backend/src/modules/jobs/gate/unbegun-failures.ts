import type { Sentence } from '../../../kernel/sentences/sentences';
import type { Standing } from '../../windows/openings';
import type { RunFailure } from '../actions/job-action';
import { say } from '../jobs.sentences';

/** Why a change did not begin, and what its person does next. */
export interface UnbegunFailure extends RunFailure {
  readonly action: Sentence;
}

interface Overdue {
  readonly window_name: string | null;
  readonly waited_minutes: number;
}

/**
 * Its window has passed; or, where none speaks of its machine, the time for which a confirmed plan is valid. One that no
 * window is long enough for any more was over before it was made.
 */
export function overdueFailure(
  action: Sentence,
  { window_name: name, waited_minutes: minutes }: Overdue,
): UnbegunFailure {
  const window = name ?? '';
  return name === null && minutes >= 0
    ? { kind: 'plan_expired', message: say.plan_overdue({ action, minutes }), action: say.plan_overdue_action() }
    : { kind: 'window_expired', message: say.window_expired({ action, window }), action: say.window_expired_action() };
}

/** Nobody can tell when the windows of its machine open; null: that is not what keeps it. @param action what people read for the change */
export function unreadableFailure(standing: Standing | undefined, action: Sentence) {
  if (standing?.kind !== 'never' || standing.unreadable.length === 0) return null;
  const window = standing.unreadable.join(', ');
  return {
    kind: 'window_unreadable',
    message: say.window_unreadable({ action, window }),
    action: say.window_unreadable_action(),
  } as const satisfies UnbegunFailure;
}
