import type { DocumentDto } from '../../api/models';
import { othersChangesOf, remaindersOf, whyUnmeasured } from './result-remainder';

const result = (
  document: Record<string, unknown> | null,
  unreadable: DocumentDto['unreadable'] = null,
): DocumentDto => ({
  contract: 'apt_upgrade_result',
  schemaVersion: 5,
  document,
  notice: null,
  said: {},
  unreadable,
});

describe('what else a run has looked for', () => {
  it('is none, some, or not measured with the reason, and nothing of what the result does not speak of', () => {
    const read = result({
      changed_by_others: [{ name: 'curl' }],
      audit: [],
      news: null,
      not_measured: [{ fact: 'news', reason: 'cut_off' }],
    });
    expect(remaindersOf(read)).toEqual([
      { name: 'changed_by_others', count: 1, reason: null },
      { name: 'audit', count: 0, reason: null },
      { name: 'news', count: null, reason: 'cut_off' },
    ]);
    expect(othersChangesOf(read)).toEqual([{ name: 'curl' }]);
    expect(whyUnmeasured(read, 'news')).toBe('cut_off');
    expect(whyUnmeasured(read, 'ports')).toBeNull();
  });

  it('is not guessed from a document that could not be read', () => {
    const unread = result({ changed_by_others: [{ name: 'curl' }] }, 'newer');
    expect(remaindersOf(unread)).toEqual([]);
    expect(othersChangesOf(unread)).toEqual([]);
    expect(remaindersOf(null)).toEqual([]);
  });
});
