import type { PlanDto, RequestDetailDto } from '../../api/models';
import { notAccepted, runEndOf, shortDigest, standingOf } from './request-standing';

const NOW = Date.parse('2026-01-01T12:00:00Z');

const plan: PlanDto = {
  parameters: {},
  lines: ['machine m', 'remove php8.4-apcu:amd64 5.1 -'],
  consequences: [
    { code: 'removals', sentence: 'php8.4-apcu is removed.', said: {} },
    { code: 'host', sentence: 'Guests run on this host.', said: {} },
  ],
  checks: [],
  details: {
    contract: 'apt_upgrade_plan',
    schemaVersion: 1,
    document: {},
    notice: null,
    said: {},
    unreadable: null,
  },
  sinceLastPlan: null,
};
const request = (over: Partial<RequestDetailDto>): RequestDetailDto => ({
  id: 'r',
  action: 'apt_upgrade',
  title: 'Update',
  machineId: 'm',
  machineName: 'mail-01',
  machines: 1,
  leftOut: 0,
  planning: 0,
  several: null,
  requestedById: 'u',
  answerableIds: [],
  occurrenceId: null,
  approval: { ownConfirmation: false, fourEyes: false, administrators: false, why: null, said: {} },
  status: 'pending',
  risk: 'low',
  summary: null,
  personReason: null,
  requestedBy: { type: 'user', name: 'ada' },
  createdAt: '2026-01-01T11:00:00Z',
  expiresAt: '2026-01-01T12:30:00Z',
  planDigest: 'a'.repeat(64),
  decidedAt: null,
  decidedBy: null,
  withdrawn: false,
  decisionReason: null,
  planJobId: null,
  jobId: null,
  executionId: null,
  runStatus: null,
  said: {},
  plan,
  blocked: false,
  unreadable: [],
  ...over,
});

describe('runEndOf', () => {
  it.each([
    [null, 'well'],
    ['ok', 'well'],
    ['warning', 'well'],
    ['error', 'failed'],
    ['cancelled', 'stopped'],
  ] as const)('of a run that is %s', (runStatus, end) => {
    expect(runEndOf({ runStatus })).toBe(end);
  });
});

describe('standingOf', () => {
  it.each([
    ['waits', {}, 'waiting'],
    ['is blocked by a check', { blocked: true }, 'blocked'],
    ['cannot be read', { plan: null }, 'unreadable'],
    ['is still planned', { plan: null, planning: 2 }, 'planning'],
    ['can be read in part only', { unreadable: [plan.details] }, 'unreadable'],
    ['ran out while it was on the screen', { expiresAt: '2026-01-01T12:00:00Z' }, 'expired'],
    ['ran out, and no check matters any more', { expiresAt: '2026-01-01T11:59:59Z', blocked: true }, 'expired'],
    ['never runs out', { expiresAt: null }, 'waiting'],
    ['is confirmed, whatever the time', { status: 'approved', expiresAt: '2026-01-01T11:00:00Z' }, 'confirmed'],
    ['was refused', { status: 'rejected' }, 'rejected'],
    ['was carried out', { status: 'executed' }, 'executed'],
    ['was replaced', { status: 'expired' }, 'expired'],
  ] as const)('%s', (_what, over, standing) => {
    expect(standingOf(request(over as Partial<RequestDetailDto>), NOW)).toBe(standing);
  });
});

describe('notAccepted', () => {
  it('names what is still missing, in the order of the plan', () => {
    const codes = (ticked: string[]): string[] => notAccepted(plan, new Set(ticked));
    expect(codes([])).toEqual(['removals', 'host']);
    expect(codes(['host', 'something else'])).toEqual(['removals']);
    expect(codes(['host', 'removals'])).toEqual([]);
  });
});

describe('shortDigest', () => {
  it('shows both ends in groups of four', () => {
    expect(shortDigest('7c419e0b52d8aa00f03a')).toBe('7c41 9e0b 52d8 … f03a');
    expect(shortDigest('7c41')).toBe('7c41');
  });
});
