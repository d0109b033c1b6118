import type { Contract } from '../../../kernel/contracts/contract';
import { count, document, flag, list, object, text, textOrNull, words } from '../../../kernel/contracts/schemas';

const operations = words(['installed', 'upgraded', 'downgraded', 'removed']);
const counts = { installed: count, upgraded: count, downgraded: count, removed: count };
const who = { source: words(['apt', 'dpkg']), actor: text, command: textOrNull, error: textOrNull, finished: flag };

export const APT_EXTERNAL_CHANGE_RESULT: Contract = {
  name: 'apt_external_change_result',
  title: 'A change of packages by others',
  description:
    "A change that no job of this program made, as the machine's own logs of apt or dpkg tell it: by whom, by which command, and what it did.",
  columns: ['executions.result_json'],
  versions: {
    1: {
      body: document(1, {
        ...who,
        packages: list(object({ name: text, arch: text, operation: operations, from: textOrNull, to: textOrNull })),
      }),
    },
  },
};

export const APT_EXTERNAL_CHANGE_RESULT_IMPORTANT: Contract = {
  name: 'apt_external_change_result.important',
  title: 'A change of packages by others, in short',
  description: 'By whom and by which command, and how many packages.',
  columns: ['executions.important_json'],
  versions: { 1: { body: document(1, { ...who, counts: object(counts) }) } },
};
