import { auditContract } from '../../../kernel/audit/audit-contracts';
import {
  count,
  list,
  openWord,
  sha256OrNull,
  text,
  textOrNull,
  uuid,
  uuidOrNull,
} from '../../../kernel/contracts/schemas';

/** Since decisions keep them. */
const decision = { reason: textOrNull, session_id: text };
const rejected = { action: openWord, plan_digest: sha256OrNull, reason: textOrNull };

/** What the audit rows about decisions say. */
export const REQUESTS_AUDIT = [
  auditContract(
    'request.confirmed',
    'Which plan was confirmed, what was accepted with it, and the job that it led to; of several machines how many jobs.',
    {
      action: openWord,
      plan_digest: sha256OrNull,
      accepted: list(openWord),
      job_id: uuidOrNull,
    },
    { ...decision, machines: count },
  ),
  auditContract(
    'request.approved_by_policy',
    'Which plan a schedule approved by the policy that was confirmed with it, and the job that it led to.',
    {
      action: openWord,
      plan_digest: sha256OrNull,
      accepted: list(openWord),
      job_id: uuid,
      schedule_id: uuid,
    },
  ),
  auditContract('window.overridden', 'Which change may begin outside its maintenance window, and why.', {
    action: openWord,
    reason: text,
  }),
  auditContract('request.rejected', 'Which plan was rejected, and why.', rejected, { session_id: text }),
  auditContract('request.withdrawn', 'Which plan was taken back by whoever had asked for it, and why.', rejected, {
    session_id: text,
  }),
];
