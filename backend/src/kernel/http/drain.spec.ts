import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Drain } from './drain';

describe('the end of a server', () => {
  let server: Server;
  let drain: Drain;
  let origin: string;
  let asked: ((response: ServerResponse) => void) | undefined;
  const nextRequest = () => new Promise<ServerResponse>((resolve) => (asked = resolve));

  beforeEach(async () => {
    server = createServer((_request, response) => asked?.(response));
    drain = new Drain(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('waits for the answer to what was asked before, and takes nothing more', async () => {
    const next = nextRequest();
    const answer = fetch(origin);
    const response = await next;
    let over = false;
    const drained = drain.drain(10_000).then(() => (over = true));
    await expect(fetch(origin)).rejects.toMatchObject({ message: 'fetch failed' });
    expect(over).toBe(false);
    response.end('done');
    const { headers, status } = await answer;
    expect([status, headers.get('connection')]).toEqual([200, 'close']);
    await drained;
  });

  it('does not wait where nothing is asked', async () => {
    await drain.drain(10_000);
  });

  it('waits no longer than it may', async () => {
    const next = nextRequest();
    const answer = fetch(origin);
    await next;
    await drain.drain(50);
    server.closeAllConnections();
    await expect(answer).rejects.toMatchObject({ message: 'fetch failed' });
  });
});
