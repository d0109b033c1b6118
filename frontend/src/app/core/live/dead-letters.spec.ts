import { concerns } from './dead-letters';

const deadLetter = { diedAt: '2026-01-01T00:00:00Z', open: true, settledAt: null, settledBy: null, redrivenAs: null };

describe('concerns', () => {
  it('is true of a job that died, and of one that was dealt with', () => {
    expect(concerns({ status: 'error', deadLetter }, 0)).toBe(true);
    expect(concerns({ status: 'error', deadLetter: { ...deadLetter, open: false } }, 1)).toBe(true);
  });

  it('is true of a new job only while there is something whose place it could take', () => {
    expect(concerns({ status: 'queued', deadLetter: null }, 0)).toBe(false);
    expect(concerns({ status: 'queued', deadLetter: null }, 1)).toBe(true);
    expect(concerns({ status: 'running', deadLetter: null }, 1)).toBe(false);
    expect(concerns({ status: 'error', deadLetter: null }, 1)).toBe(false);
  });
});
