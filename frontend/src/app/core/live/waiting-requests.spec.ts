import type { RequestDto } from '../../api/models';
import { stillWaiting } from './waiting-requests';

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
