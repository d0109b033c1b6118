import { sendEvent, type LiveClient } from './live-client';

function clientWith(bufferedAmount: number, readyState = 1) {
  const sent: string[] = [];
  const closed: number[] = [];
  const client = {
    OPEN: 1,
    readyState,
    bufferedAmount,
    send: (text: string) => sent.push(text),
    close: (code: number) => closed.push(code),
  } as unknown as LiveClient;
  return { client, sent, closed };
}

it('closes a client that does not read, so that it comes back and resumes', () => {
  const good = clientWith(1_000);
  expect(sendEvent(good.client, 'job', { id: 1 })).toBe(true);
  expect(good.sent).toEqual(['{"event":"job","data":{"id":1}}']);
  const slow = clientWith(2 * 1024 * 1024);
  expect(sendEvent(slow.client, 'job', {})).toBe(false);
  expect(slow).toMatchObject({ sent: [], closed: [4408] });
  const gone = clientWith(0, 3);
  expect(sendEvent(gone.client, 'job', {})).toBe(false);
  expect(gone).toMatchObject({ sent: [], closed: [] });
});
