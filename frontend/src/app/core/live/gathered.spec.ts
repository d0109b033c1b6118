import { TestBed } from '@angular/core/testing';
import { gathered } from './gathered';

/** ES modules have no global `jest`. */
const fake = (import.meta as unknown as { jest: typeof jest }).jest;

describe('gathered work', () => {
  let done: number;
  let ask: () => void;

  beforeEach(() => {
    fake.useFakeTimers();
    done = 0;
    ask = TestBed.runInInjectionContext(() => gathered(() => (done += 1)));
  });
  afterEach(() => {
    fake.useRealTimers();
  });

  it('is done at once, and once more for all that came within the second', () => {
    ask();
    expect(done).toBe(1);
    for (let count = 0; count < 18; count += 1) {
      ask();
    }
    expect(done).toBe(1);
    fake.advanceTimersByTime(1000);
    expect(done).toBe(2);
    fake.advanceTimersByTime(5000);
    expect(done).toBe(2);
    ask();
    expect(done).toBe(3);
  });

  it('is not done for who has gone', () => {
    ask();
    ask();
    TestBed.resetTestingModule();
    fake.advanceTimersByTime(5000);
    expect(done).toBe(1);
  });
});
