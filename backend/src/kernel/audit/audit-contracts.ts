import type { Contract } from '../contracts/contract';
import { document, type Properties } from '../contracts/schemas';
import type { AuditAction } from './audit-actions';

/** Name of the contract of what an audit row adds. */
export function auditContractName(action: string): string {
  return `audit.${action}`;
}

/** The contract of the details of audit rows of one action; each is declared by the room that records it. */
export function auditContract(
  action: AuditAction,
  description: string,
  properties: Properties,
  optional: Properties = {},
): Contract {
  return {
    name: auditContractName(action),
    title: `Details of the audited action ${action}`,
    description,
    columns: ['audit_log.details_json'],
    versions: { 1: { body: document(1, properties, optional) } },
  };
}
