import { auditContract } from '../../kernel/audit/audit-contracts';
import { alsoUnversioned } from '../../kernel/contracts/names';
import { fingerprint, list, text, words } from '../../kernel/contracts/schemas';
import { AUTH_METHODS, SUDO_MODES } from './entities/credentials.values';

const how = { auth_method: words(AUTH_METHODS), sudo_mode: words(SUDO_MODES) };

/** What the audit rows of this room say. */
export const CREDENTIALS_AUDIT = [
  auditContract('credentials.stored', 'How the stored credentials sign in and become root. No secret.', how),
  auditContract('credentials.replaced', 'How the new credentials sign in and become root. No secret.', how),
  auditContract('credentials.used', 'What credentials were decrypted for.', { purpose: text }),
  auditContract(
    'host_key.approved',
    'Which host key was approved, and which others that rejected; or, refused, what was given in the comparison.',
    { fingerprint },
    { rejected: list(fingerprint), given: { type: 'string' } },
  ),
  auditContract('host_key.rejected', 'Which host key was rejected.', { fingerprint }),
].map(alsoUnversioned);
