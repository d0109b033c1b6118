import { auditContract } from '../../../kernel/audit/audit-contracts';
import { text, textOrNull } from '../../../kernel/contracts/schemas';

const facts = { kind: text, run: textOrNull, expires_at: textOrNull };

/** What the audit rows about kept files say: which, of which run, and until when it is kept where nobody has pinned it. */
export const ARTIFACTS_AUDIT = [
  auditContract('artifact.pinned', 'A kept file that stays whatever its age.', facts),
  auditContract('artifact.unpinned', 'A kept file that goes when its time has come.', facts),
];
