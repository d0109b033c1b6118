import type { RequestTargetDto } from '../../api/models';
import { targetStanding } from './target-standing';

const target = (over: Partial<RequestTargetDto>): RequestTargetDto => ({
  machineId: 'm',
  machineName: 'mail-01',
  status: 'pending',
  reason: null,
  planDigest: 'a'.repeat(64),
  summary: null,
  risk: 'low',
  planJobId: 'p',
  jobId: null,
  executionId: null,
  runStatus: null,
  errorKind: null,
  errorMessage: null,
  said: {},
  maintenance: null,
  unreadable: [],
  ...over,
});

describe('a machine of a request', () => {
  it.each([
    ['is planned', {}, 'planned'],
    ['is not planned yet', { planDigest: null }, 'planning'],
    ['waits for its turn', { jobId: 'j', runStatus: 'queued' }, 'waits'],
    ['is changed', { jobId: 'j', runStatus: 'running' }, 'running'],
    ['was changed', { jobId: 'j', runStatus: 'ok', status: 'executed' }, 'done'],
    ['was changed, its job is gone', { jobId: 'j', runStatus: null, status: 'executed' }, 'done'],
    ['was changed with something to see', { jobId: 'j', runStatus: 'warning', status: 'executed' }, 'warning'],
    ['failed', { jobId: 'j', runStatus: 'error', status: 'executed' }, 'failed'],
    ['was stopped', { jobId: 'j', runStatus: 'cancelled', status: 'executed' }, 'cancelled'],
    ['was given up before it began', { jobId: 'j', runStatus: 'cancelled', status: 'expired' }, 'cancelled'],
    ['was confirmed by nobody', { status: 'expired' }, 'expired'],
  ] as const)('%s', (_what, over, standing) => {
    expect(targetStanding(target(over as Partial<RequestTargetDto>))).toBe(standing);
  });
});
