import type { RequestTargetDto } from '../../api/models';

/** Where a machine of a request stands for whoever looks at it. */
export type TargetStanding =
  'planning' | 'planned' | 'waits' | 'running' | 'done' | 'warning' | 'failed' | 'cancelled' | 'expired';

/** Pure. */
export function targetStanding({ status, planDigest, jobId, runStatus }: RequestTargetDto): TargetStanding {
  if (status === 'expired') {
    return runStatus === 'cancelled' ? 'cancelled' : 'expired';
  }
  if (jobId === null) {
    return planDigest === null ? 'planning' : 'planned';
  }
  switch (runStatus) {
    case 'queued':
      return 'waits';
    case 'running':
      return 'running';
    case 'warning':
      return 'warning';
    case 'error':
      return 'failed';
    case 'cancelled':
      return 'cancelled';
    default:
      return status === 'executed' ? 'done' : 'waits';
  }
}
