import { auditContract } from '../../../kernel/audit/audit-contracts';
import { list, openWord, sha256OrNull, textOrNull, uuid } from '../../../kernel/contracts/schemas';

/** What the audit rows about decisions say. */
export const REQUESTS_AUDIT = [
  auditContract(
    'request.confirmed',
    'Which plan was confirmed, what was accepted with it, and the job that it led to.',
    {
      action: openWord,
      plan_digest: sha256OrNull,
      accepted: list(openWord),
      job_id: uuid,
    },
  ),
  auditContract('request.rejected', 'Which plan was rejected, and why.', {
    action: openWord,
    plan_digest: sha256OrNull,
    reason: textOrNull,
  }),
];
