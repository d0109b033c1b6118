import { count, flag, textOrNull, words } from '../../../kernel/contracts/schemas';
import { eventContract } from '../../../kernel/events/event-contracts';

/** What the events of this room say. */
export const APT_EVENTS = [
  eventContract(
    'packages_changed_externally',
    'Packages changed without a job of this program, as the machine wrote down.',
    {
      source: words(['apt', 'dpkg']),
      command: textOrNull,
      error: textOrNull,
      finished: flag,
      installed: count,
      upgraded: count,
      downgraded: count,
      removed: count,
    },
  ),
];
