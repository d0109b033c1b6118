import type { Repository } from '../contracts/apt-update-analyze.v1';
import { indexState } from './refresh';

const hour = (hours: number): Pick<Repository, 'last_success_at' | 'age_seconds' | 'age_basis'> => ({
  last_success_at: new Date(Date.UTC(2026, 5, 1, 24 - hours)).toISOString(),
  age_seconds: hours * 3600,
  age_basis: 'refresh',
});
const repository = (of: Partial<Repository>): Repository => ({ has_index: true, ...of }) as Repository;

describe('the age of the index', () => {
  it('is that of the list that was confirmed longest ago', () => {
    expect(indexState([repository(hour(2)), repository(hour(9)), repository(hour(0))], 'partial')).toMatchObject({
      basis: 'stale',
      age_seconds: 9 * 3600,
      last_success_at: '2026-06-01T15:00:00.000Z',
    });
  });

  it.each<[string, Partial<Repository>]>([
    ['has no list', { has_index: false, last_success_at: null, age_seconds: null, age_basis: null }],
    ['has a list that is younger', { last_success_at: null, age_seconds: 60, age_basis: 'list_file' }],
    ['has a list that is older', { last_success_at: null, age_seconds: 90_000, age_basis: 'list_file' }],
    ['has a list of which nothing is known', { last_success_at: null, age_seconds: null, age_basis: null }],
  ])('is not known where a repository that was never seen refreshed %s', (_what, never) => {
    for (const order of [[hour(2), never] as const, [never, hour(2)] as const]) {
      expect(indexState(order.map(repository), 'partial').last_success_at).toBeNull();
    }
  });

  it('is not known without any repository', () => {
    expect(indexState([], 'refreshed').last_success_at).toBeNull();
    expect(indexState(null, 'unknown').last_success_at).toBeNull();
  });
});
