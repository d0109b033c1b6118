import type { ActivityDto, JobDto } from '../../api/models';
import { isPartial, place } from './activity';

const job = (id: string, status: JobDto['status']): JobDto => ({
  id,
  status,
  kind: 'apt_update_analyze',
  said: {},
  title: 'Analyse',
  machineId: 'm',
  machineName: 'm',
  phase: null,
  step: null,
  steps: [],
  priority: 0,
  attempt: 1,
  maxAttempts: 3,
  createdAt: '2026-01-01T00:00:00Z',
  availableAt: null,
  startBefore: null,
  windowName: null,
  windowOverride: null,
  startedAt: null,
  finishedAt: status === 'queued' || status === 'running' ? null : '2026-01-01T00:01:00Z',
  requestedBy: { type: 'user', name: null },
  waitingOn: null,
  cancelRequested: false,
  forceRequested: false,
  mayBeForced: false,
  errorKind: null,
  errorMessage: null,
  errorAction: null,
  unreadable: [],
  snapshotId: null,
  requestId: null,
  deadLetter: null,
  redriveOf: null,
  lastSeq: 0,
});
const empty: ActivityDto = {
  running: [],
  waiting: [],
  recent: [],
  runningCount: 0,
  waitingCount: 0,
  waitingCursor: null,
};
const ids = (now: ActivityDto): string[][] =>
  [now.running, now.waiting, now.recent].map((list) => list.map((one) => one.id));

describe('place', () => {
  it('moves a job from waiting to running to ended', () => {
    const waiting = place(empty, job('a', 'queued'));
    const running = place(waiting, job('a', 'running'));
    const ended = place(running, job('a', 'ok'));
    expect(ids(waiting)).toEqual([[], ['a'], []]);
    expect(ids(running)).toEqual([['a'], [], []]);
    expect(ids(ended)).toEqual([[], [], ['a']]);
  });

  it('keeps the place of a job that only progressed', () => {
    const now: ActivityDto = { ...empty, running: [job('a', 'running'), job('b', 'running')] };
    expect(ids(place(now, job('a', 'running')))).toEqual([['a', 'b'], [], []]);
  });

  it('does not raise an ended job from the dead by a late event', () => {
    const now: ActivityDto = { ...empty, recent: [job('a', 'error')] };
    expect(ids(place(now, job('a', 'running')))).toEqual([[], [], ['a']]);
  });

  it('counts with what it moves', () => {
    const counts = ({ runningCount, waitingCount }: ActivityDto): number[] => [runningCount, waitingCount];
    const waiting = place(place(empty, job('a', 'queued')), job('b', 'queued'));
    const running = place(waiting, job('a', 'running'));
    expect([counts(waiting), counts(running), counts(place(running, job('a', 'ok')))]).toEqual([
      [0, 2],
      [1, 1],
      [0, 1],
    ]);
  });

  it('leaves what waits behind what was asked for to the server, which counts it', () => {
    const part: ActivityDto = { ...empty, waiting: [job('a', 'queued')], waitingCount: 900, waitingCursor: 'more' };
    expect(place(part, job('z', 'queued'))).toEqual(part);
    expect(place(part, job('a', 'running'))).toMatchObject({ waiting: [], runningCount: 1, waitingCount: 899 });
    expect([isPartial(empty), isPartial(part), isPartial({ ...empty, runningCount: 1 })]).toEqual([false, true, true]);
  });
});
