import { Loadable } from './loadable';

describe('Loadable', () => {
  it('keeps the old value while asking and after a failure', async () => {
    const list = new Loadable<string>();
    await list.load(() => Promise.resolve('old'));
    const failing = list.load(() => Promise.reject(new Error('no')));
    expect(list.value()).toBe('old');
    expect(list.loading()).toBe(true);
    await failing;
    expect(list.value()).toBe('old');
    expect(list.problem()?.code).toBe('unexpected');
    expect(list.loading()).toBe(false);
  });

  it('lets only the newest question answer', async () => {
    const list = new Loadable<string>();
    let answerFirst: (value: string) => void = () => undefined;
    const first = list.load(() => new Promise((resolve) => (answerFirst = resolve)));
    await list.load(() => Promise.resolve('second'));
    answerFirst('first');
    await first;
    expect(list.value()).toBe('second');
  });
});
