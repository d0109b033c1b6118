import { auditContract } from '../../kernel/audit/audit-contracts';
import { count, flag, object, text, timeOrNull, uuidOrNull, words } from '../../kernel/contracts/schemas';
import { WINDOW_SCOPES } from './entities/windows.values';

const window = object({
  name: text,
  enabled: flag,
  scope: words(WINDOW_SCOPES),
  tag_id: uuidOrNull,
  machine_id: uuidOrNull,
  cron: text,
  opens_at: timeOrNull,
  timezone: text,
  duration_minutes: count,
});

/** What the audit rows about maintenance windows say. */
export const WINDOWS_AUDIT = [
  auditContract('window.created', 'The maintenance window that was made.', { window }),
  auditContract('window.changed', 'The maintenance window before and after.', { before: window, after: window }),
  auditContract('window.removed', 'The maintenance window that was removed.', { window }),
];
