import { auditContract } from '../../../kernel/audit/audit-contracts';
import { count, list, openWord, textOrNull, uuid } from '../../../kernel/contracts/schemas';

const jobs = { jobs: list(uuid), error_kinds: list(openWord) };

/** What the audit rows about dead letters say. */
export const LETTERS_AUDIT = [
  auditContract(
    'job.redriven',
    'Which jobs that had ended without a result were started again, by what class of error, and how many could not be.',
    { ...jobs, refused: count },
  ),
  auditContract(
    'job.dismissed',
    'Which jobs that had ended without a result were dismissed, by what class of error, and why.',
    { ...jobs, reason: textOrNull },
  ),
];
