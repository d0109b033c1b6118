import { auditContract } from '../../../kernel/audit/audit-contracts';
import { eventContract } from '../../../kernel/events/event-contracts';
import { alsoUnversioned } from '../../../kernel/contracts/names';
import { count, openWord, text, words } from '../../../kernel/contracts/schemas';
import { JOB_STATUSES } from '../entities/jobs.values';

const ended = {
  kind: openWord,
  status: words(JOB_STATUSES),
  error_kind: { type: ['string', 'null'], pattern: '^[a-z][a-z0-9_]*$' },
};

export const JOB_EVENTS = [
  eventContract('job_finished', 'A job came to its end: its kind and status.', ended),
  eventContract('job_failed', 'A job ended with an error: its kind, status and the class of the error.', ended),
  eventContract('job_cancelled', 'A job was cancelled: its kind and status.', ended),
].map(alsoUnversioned);

export const JOB_AUDIT = [
  auditContract(
    'installation.restored',
    'The epoch that began after a backup of the database was restored and the one before, how many changes do not begin any more, and for how many their machine is asked.',
    { previous_epoch: count, epoch: count, ended: count, looked_for: count },
  ),
  auditContract('job.closed', 'Which change was given up without knowing how it ended, and why.', {
    action: openWord,
    reason: text,
  }),
  auditContract('job.force_stopped', 'Which change was ended by force, in which step, and why.', {
    action: openWord,
    step: { type: ['string', 'null'], pattern: '^[a-z][a-z0-9_]*$' },
    reason: text,
  }),
];
