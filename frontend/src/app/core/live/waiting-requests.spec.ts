import type { RequestDto } from '../../api/models';
import { stillOpen, stillWaiting, without, type Inbox } from './waiting-requests';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const request = (id: string, expiresAt: string | null, status: RequestDto['status'] = 'pending'): RequestDto =>
  ({ id, status, expiresAt }) as RequestDto;

describe('stillWaiting', () => {
  it('puts what ends first first, and what never ends last', () => {
    const list = [
      request('never', null),
      request('later', '2026-01-01T14:00:00Z'),
      request('b', '2026-01-01T12:01:00Z'),
      request('a', '2026-01-01T12:01:00Z'),
    ];
    expect(stillWaiting(list, NOW).map(({ id }) => id)).toEqual(['a', 'b', 'later', 'never']);
  });

  it('leaves out what was decided, and what ran out before the server said so', () => {
    const list = [
      request('overdue', '2026-01-01T12:00:00Z'),
      request('approved', null, 'approved'),
      request('waits', '2026-01-01T12:00:01Z'),
    ];
    expect(stillWaiting(list, NOW).map(({ id }) => id)).toEqual(['waits']);
  });
});

describe('the inbox', () => {
  const unexplained = { reasons: [], moreReasons: 0 };
  const inbox: Inbox = {
    items: [
      { request: request('run', '2026-01-01T11:00:00Z'), requests: 200, risk: 'high', ...unexplained },
      { request: request('overdue', '2026-01-01T12:00:00Z'), requests: 1, risk: null, ...unexplained },
      { request: request('waits', null), requests: 1, risk: null, ...unexplained },
    ],
    nextCursor: 'more',
    total: 230,
  };
  const ids = ({ items }: Inbox): string[] => items.map((entry) => entry.request.id);

  it('counts what the server counts, less what ran out since; what is left of a run the server tells', () => {
    const open = stillOpen(inbox, NOW);
    expect([ids(open), open.total, open.nextCursor]).toEqual([['run', 'waits'], 229, 'more']);
  });

  it('goes on without what was decided here; one of a run leaves the others', () => {
    const left = without(inbox, request('waits', null, 'approved'));
    expect([ids(left), left.total]).toEqual([['run', 'overdue'], 229]);
    expect(without(inbox, request('run', null, 'rejected'))).toEqual(inbox);
    expect(without(inbox, request('waits', null))).toEqual(inbox);
  });
});
