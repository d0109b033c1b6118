import { auditContract } from '../../kernel/audit/audit-contracts';
import { alsoUnversioned } from '../../kernel/contracts/names';
import { roles } from '../../kernel/auth/permissions';
import { text, words } from '../../kernel/contracts/schemas';
import { USER_STATUSES } from './entities/accounts.values';

const changeable = {
  role: words(roles),
  status: words(USER_STATUSES),
  display_name: text,
};

/** What the audit rows of this room say. */
export const ACCOUNTS_AUDIT = [
  auditContract('user.invite', 'The role that somebody was invited to.', { role: words(roles) }),
  auditContract('user.change', 'What was changed about an account, with the new values.', {}, changeable),
  auditContract('user.password', 'Somebody changed their own password; nothing more is told.', {}),
  auditContract('session.start', 'How a session began: by password or by a one-time link.', {
    how: words(['sign_in', 'link']),
  }),
].map(alsoUnversioned);
