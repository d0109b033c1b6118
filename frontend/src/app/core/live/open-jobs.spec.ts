import type { JobDto } from '../../api/models';
import { withJob } from './open-jobs';

const job = (id: string, finishedAt: string | null = null, phase: string | null = null): JobDto =>
  ({ id, finishedAt, phase }) as JobDto;

describe('withJob', () => {
  const now = [job('a'), job('b')];

  it('adds a job that is new, and keeps one that goes on at its place', () => {
    expect(withJob(now, job('c')).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(withJob(now, job('a', null, 'starting'))).toEqual([job('a', null, 'starting'), job('b')]);
  });

  it('leaves out a job that has ended, also one that nobody knew', () => {
    expect(withJob(now, job('a', '2026-01-01T00:00:00Z')).map(({ id }) => id)).toEqual(['b']);
    expect(withJob(now, job('c', '2026-01-01T00:00:00Z')).map(({ id }) => id)).toEqual(['a', 'b']);
  });
});
