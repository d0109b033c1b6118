import { auditContract } from '../../../kernel/audit/audit-contracts';
import {
  list,
  nullable,
  object,
  text,
  textOrNull,
  time,
  timeOrNull,
  uuid,
  words,
} from '../../../kernel/contracts/schemas';
import { definition, NOTIFY_ON } from './schedule-documents';

const whole = object({
  ...definition,
  cron: text,
  run_at: timeOrNull,
  timezone: text,
  notify_on: list(words(NOTIFY_ON)),
  enabled: { type: 'boolean' },
});
const both = { before: nullable(whole), after: nullable(whole) };

/** What the audit rows about schedules say. */
export const SCHEDULE_AUDIT = [
  auditContract('schedule.created', 'The schedule that was made, with the policy that was confirmed.', both),
  auditContract('schedule.changed', 'The schedule before and after, with the policy that was confirmed.', both),
  auditContract('schedule.enabled', 'The schedule that was switched on.', both),
  auditContract('schedule.disabled', 'The schedule that was switched off.', both),
  auditContract('schedule.deleted', 'The schedule that was removed.', both),
  auditContract('schedule.run', 'The run that was started by hand.', { name: text, occurrence_id: uuid }),
  auditContract(
    'schedule.policy_refused',
    'The run whose policy decided nothing: it was not the one that was confirmed.',
    { name: text, occurrence_id: uuid },
  ),
  auditContract('schedule.occurrence_cancelled', 'The run that was ended before its time, and why.', {
    name: text,
    occurrence_id: uuid,
    due_at: time,
    reason: textOrNull,
  }),
];
