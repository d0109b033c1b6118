import { auditContract } from '../../kernel/audit/audit-contracts';
import { count, list, object, text } from '../../kernel/contracts/schemas';

const network = object({ name: text, ranges: list(text), concurrency: count });

/** What the audit rows about networks say. */
export const NETWORKS_AUDIT = [
  auditContract('network.created', 'The network that was made.', { network }),
  auditContract('network.changed', 'The network before and after.', { before: network, after: network }),
  auditContract('network.removed', 'The network that was removed.', { network }),
];
