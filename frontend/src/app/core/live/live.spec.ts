import { provideHttpClient, withInterceptors } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { Router } from '@angular/router';
import { Session } from '../session/session';
import { sessionInterceptor } from '../session/session-interceptor';
import { Live } from './live';

/** ES modules have no global `jest`. */
const fake = (import.meta as unknown as { jest: typeof jest }).jest;

class FakeSocket {
  static readonly OPEN = 1;
  static made: FakeSocket[] = [];
  readyState = 0;
  sent: unknown[] = [];
  onopen: () => void = () => undefined;
  onmessage: (message: { data: unknown }) => void = () => undefined;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen();
  }

  drop(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

describe('Live', () => {
  const account = signal(true);
  const session = { signedIn: account, forget: fake.fn() };
  const router = { url: '/machines', navigate: fake.fn() };
  const real = globalThis.WebSocket;
  let live: Live;
  const socket = (): FakeSocket => FakeSocket.made.at(-1) as FakeSocket;

  beforeEach(() => {
    fake.useFakeTimers();
    FakeSocket.made = [];
    account.set(true);
    globalThis.WebSocket = FakeSocket as unknown as typeof WebSocket;
    TestBed.configureTestingModule({
      providers: [
        { provide: Session, useValue: session },
        { provide: Router, useValue: router },
      ],
    });
    live = TestBed.inject(Live);
    TestBed.tick();
    socket().open();
  });

  afterEach(() => {
    TestBed.resetTestingModule();
    globalThis.WebSocket = real;
    fake.useRealTimers();
    fake.clearAllMocks();
  });

  it('watches the fleet as soon as it is open', () => {
    expect(live.status()).toBe('live');
    expect(socket().sent).toEqual([
      { event: 'watch.fleet', data: {} },
      { event: 'watch.settings', data: {} },
    ]);
  });

  it('comes back by itself and watches again from the last line', () => {
    let last = 3;
    live.watchJob('j', () => last);
    last = 8;
    socket().drop();
    expect(live.status()).toBe('reconnecting');
    expect(live.since()).not.toBeNull();
    fake.advanceTimersByTime(1000);
    socket().open();
    expect(FakeSocket.made).toHaveLength(2);
    expect(socket().sent).toEqual([
      { event: 'watch.fleet', data: {} },
      { event: 'watch.settings', data: {} },
      { event: 'watch.job', data: { jobId: 'j', after: 8 } },
    ]);
    expect(live.returns()).toBe(1);
    expect(live.since()).toBeNull();
  });

  it('notices a peer that is gone without saying so', () => {
    fake.advanceTimersByTime(25_000);
    expect(socket().sent.at(-1)).toEqual({ event: 'ping', data: {} });
    fake.advanceTimersByTime(10_000);
    expect(live.status()).toBe('reconnecting');
  });

  it('gives events to those who listen, and ignores what it does not know', () => {
    const heard: unknown[] = [];
    live.on('machine.removed', (data) => heard.push(data));
    socket().onmessage({ data: '{"event":"machine.removed","data":{"id":"a"}}' });
    socket().onmessage({ data: '{"event":"new.thing","data":{}}' });
    socket().onmessage({ data: 'not json' });
    expect(heard).toEqual([{ id: 'a' }]);
  });

  it('leads to the sign-in page when the session ended', () => {
    socket().drop(4401);
    expect(session.forget).toHaveBeenCalled();
    expect(router.navigate).toHaveBeenCalledWith(['/sign-in'], { queryParams: { return: '/machines', ended: 1 } });
  });
});

describe('Live, when the server refuses the connection', () => {
  const router = { url: '/machines', navigate: fake.fn() };
  const real = globalThis.WebSocket;
  let http: HttpTestingController;
  let session: Session;
  const socket = (): FakeSocket => FakeSocket.made.at(-1) as FakeSocket;
  const settled = (): Promise<void> => fake.advanceTimersByTimeAsync(0);

  beforeEach(async () => {
    fake.useFakeTimers();
    FakeSocket.made = [];
    globalThis.WebSocket = FakeSocket as unknown as typeof WebSocket;
    TestBed.configureTestingModule({
      providers: [
        provideHttpClient(withInterceptors([sessionInterceptor])),
        provideHttpClientTesting(),
        { provide: Router, useValue: router },
      ],
    });
    http = TestBed.inject(HttpTestingController);
    session = TestBed.inject(Session);
    const known = session.ensure();
    http.expectOne('/api/me').flush({ permissions: [] });
    await known;
    TestBed.inject(Live);
    TestBed.tick();
    socket().open();
    socket().drop();
    http.expectNone('/api/me');
    await fake.advanceTimersByTimeAsync(1000);
    socket().drop();
  });

  afterEach(() => {
    TestBed.resetTestingModule();
    globalThis.WebSocket = real;
    fake.useRealTimers();
    fake.clearAllMocks();
  });

  it('leads to the sign-in page when the session ended meanwhile', async () => {
    http.expectOne('/api/me').flush({ code: 'not_signed_in' }, { status: 401, statusText: 'Unauthorized' });
    await settled();
    expect(session.signedIn()).toBe(false);
    expect(router.navigate).toHaveBeenCalledWith(['/sign-in'], { queryParams: { return: '/machines', ended: 1 } });
    TestBed.tick();
    const made = FakeSocket.made.length;
    await fake.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.made).toHaveLength(made);
  });

  it.each<[string, number]>([
    ['is still signed in', 200],
    ['cannot be asked about', 503],
  ])('goes on trying for whoever %s', async (_who, status) => {
    http.expectOne('/api/me').flush({}, { status, statusText: 'said' });
    await settled();
    expect(session.signedIn()).toBe(true);
    expect(router.navigate).not.toHaveBeenCalled();
    await fake.advanceTimersByTimeAsync(2000);
    expect(FakeSocket.made).toHaveLength(3);
    socket().open();
    expect(TestBed.inject(Live).status()).toBe('live');
  });
});
