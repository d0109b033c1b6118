import type { EachResultDto, GroupedRequestDto } from '../../api/models';
import { countedConsequences, inPortions, refusalsOf, sharedLines, toConfirm } from './request-group';

const request = (id: string, more: Partial<GroupedRequestDto> = {}): GroupedRequestDto =>
  ({ id, machineId: `m-${id}`, planDigest: id.repeat(64), lines: [], consequences: [], ...more }) as GroupedRequestDto;
const consequence = (code: string) => ({ code, sentence: code, said: {} });
const decided = (id: string): EachResultDto => ({ id, outcome: 'decided' }) as EachResultDto;
const refused = (message: string): EachResultDto => ({ id: message, outcome: 'refused', message }) as EachResultDto;

describe('inPortions', () => {
  const wanted = Array.from({ length: 60 }, (_, index) => String(index));

  it('decides each once, in order, and tells how far it is', async () => {
    const told: number[] = [];
    const sizes: number[] = [];
    const decide = inPortions(wanted, (portion, reason) => {
      expect(reason).toBe('why');
      sizes.push(portion.length);
      return Promise.resolve(portion.map(decided));
    });
    const results = await decide('why', (done) => told.push(done));
    expect(results.map(({ id }) => id)).toEqual(wanted);
    expect([sizes, told]).toEqual([
      [25, 25, 10],
      [25, 50, 60],
    ]);
  });

  it('goes on where it stopped when it is called again', async () => {
    const asked: string[] = [];
    let lost = true;
    const decide = inPortions(wanted, (portion) => {
      if (asked.length === 25 && lost) {
        lost = false;
        return Promise.reject(new Error('lost'));
      }
      asked.push(...portion);
      return Promise.resolve(portion.map(decided));
    });
    await expect(decide('', () => undefined)).rejects.toThrow('lost');
    expect(await decide('', () => undefined)).toHaveLength(60);
    expect(asked).toEqual(wanted);
  });
});

describe('what is confirmed of a run', () => {
  it('is each plan by its digest, with what was ticked of its own consequences', () => {
    const requests = [
      request('a', { consequences: [consequence('removals'), consequence('guests')] }),
      request('b'),
      request('c', { planDigest: null }),
    ];
    expect(toConfirm(requests, new Set(['removals', 'downgrades']))).toEqual([
      { id: 'a', digest: 'a'.repeat(64), accepted: ['removals'] },
      { id: 'b', digest: 'b'.repeat(64), accepted: [] },
    ]);
  });

  it('counts the machines of each consequence, and of each line but the one that names the machine', () => {
    const requests = [
      request('b', { lines: ['upgrade x 1 2', 'machine m-b'], consequences: [consequence('removals')] }),
      request('a', { lines: ['remove y 1', 'upgrade x 1 2'], consequences: [consequence('removals')] }),
    ];
    expect(countedConsequences(requests)).toMatchObject([{ code: 'removals', machines: 2 }]);
    expect(sharedLines(requests)).toEqual([
      { line: 'remove y 1', machineIds: ['m-a'] },
      { line: 'upgrade x 1 2', machineIds: ['m-b', 'm-a'] },
    ]);
  });

  it('tells refusals by their reason, what kept most first', () => {
    const results = [refused('drifted'), decided('a'), refused('not yours'), refused('not yours')];
    expect(refusalsOf(results, ({ message }) => message ?? '')).toEqual([
      { why: 'not yours', n: 2 },
      { why: 'drifted', n: 1 },
    ]);
  });
});
