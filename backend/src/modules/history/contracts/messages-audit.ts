import { auditContract } from '../../../kernel/audit/audit-contracts';
import { count, textOrNull, text } from '../../../kernel/contracts/schemas';

const facts = { message: text, package_name: textOrNull, component: textOrNull, machines: count };

/** What the audit rows about messages say. */
export const MESSAGES_AUDIT = [
  auditContract('message.acknowledged', 'What was acknowledged, and on how many machines.', facts),
  auditContract('message.reopened', 'What was opened again, and on how many machines.', facts),
];
