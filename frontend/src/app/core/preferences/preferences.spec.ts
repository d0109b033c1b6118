import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { HttpErrorResponse } from '@angular/common/http';
import { Api } from '../../api/api';
import { appearanceGet, preferencesGet, preferencesPut, preferencesReset } from '../../api/functions';
import type { PreferencesDto } from '../../api/models';
import { Live } from '../live/live';
import { Session } from '../session/session';
import { BUILT_IN, readCopy, writeCopy, type PreferenceKey, type PreferenceValue } from './local-copy';
import { Preferences } from './preferences';

/** ES modules have no global `jest`. */
const fake = (import.meta as unknown as { jest: typeof jest }).jest;

function answer(status: number): Error {
  return new HttpErrorResponse({ status, error: status === 0 ? null : { code: 'invalid_input' } });
}

/** The server's side: what it keeps, and whether it can be reached. */
class Server {
  readonly kept = new Map<PreferenceKey, PreferenceValue>();
  readonly asked: string[] = [];
  reachable = true;
  defaults = BUILT_IN;

  invoke(call: unknown, input: { key: PreferenceKey; body: { value: PreferenceValue } }): Promise<PreferencesDto> {
    if (!this.reachable) {
      return Promise.reject(answer(0));
    }
    if (call === appearanceGet) {
      const { theme, density, zoom, language } = this.defaults;
      return Promise.resolve({ theme, density, zoom, language } as unknown as PreferencesDto);
    }
    if (call === preferencesPut) {
      this.asked.push(`put ${input.key}`);
      if (input.body.value === 999) {
        return Promise.reject(answer(400));
      }
      this.kept.set(input.key, input.body.value);
    } else if (call === preferencesReset) {
      this.asked.push(`reset ${input.key}`);
      this.kept.delete(input.key);
    } else if (call === preferencesGet) {
      this.asked.push('get');
    }
    const values = { ...this.defaults, ...Object.fromEntries(this.kept) };
    return Promise.resolve({ values, chosen: [...this.kept.keys()], unreadable: [] });
  }
}

describe('Preferences', () => {
  let server: Server;
  let preferences: Preferences;
  const account = signal<{ id: string } | null>(null);
  const returns = signal(0);
  const heard = new Map<string, () => void>();
  const live = {
    returns,
    on: (event: string, listener: () => void) => {
      heard.set(event, listener);
      return () => heard.delete(event);
    },
  };

  beforeEach(() => {
    fake.useFakeTimers();
    localStorage.clear();
    account.set(null);
    server = new Server();
  });
  afterEach(() => {
    TestBed.resetTestingModule();
    fake.useRealTimers();
  });

  /** A page that opens: a new service on the same storage. */
  function open(): void {
    TestBed.resetTestingModule();
    TestBed.configureTestingModule({
      providers: [
        { provide: Api, useValue: server },
        { provide: Live, useValue: live },
        { provide: Session, useValue: { me: account, signedIn: () => account() !== null } },
      ],
    });
    preferences = TestBed.inject(Preferences);
  }

  async function signIn(id: string): Promise<void> {
    account.set({ id });
    await settled();
  }

  async function settled(): Promise<void> {
    TestBed.tick();
    await fake.advanceTimersByTimeAsync(0);
  }

  it('hold at once, and are found by another browser of the same person', async () => {
    open();
    await signIn('ada');
    preferences.choose('theme', 'dark');
    expect(preferences.get('theme')).toBe('dark');
    await settled();
    expect(server.kept.get('theme')).toBe('dark');

    localStorage.clear();
    open();
    await preferences.ready();
    expect(preferences.get('theme')).toBe('dark');
    expect([...preferences.chosen()]).toEqual(['theme']);
  });

  it('follow the installation before anybody has signed in, but for what was chosen on this device', async () => {
    server.defaults = { ...BUILT_IN, theme: 'dark', density: 'compact', language: 'fr' };
    open();
    await preferences.start();
    expect([preferences.get('theme'), preferences.get('density'), preferences.get('language')]).toEqual([
      'dark',
      'compact',
      'fr',
    ]);
    preferences.choose('language', 'en');
    server.defaults = { ...server.defaults, theme: 'light' };
    open();
    expect(preferences.get('theme')).toBe('dark');
    await preferences.start();
    expect([preferences.get('theme'), preferences.get('language')]).toEqual(['light', 'en']);
  });

  it('stay as they were last while the server does not answer', async () => {
    server.reachable = false;
    open();
    await preferences.start();
    expect(preferences.get('theme')).toBe('system');
  });

  it('stay those of the person that this device remembers', async () => {
    open();
    await signIn('ada');
    preferences.choose('theme', 'light');
    await settled();
    account.set(null);
    server.defaults = { ...BUILT_IN, theme: 'dark' };
    open();
    await preferences.start();
    expect(preferences.get('theme')).toBe('light');
  });

  it('are right at the first paint of this device, before the server was asked', async () => {
    open();
    await signIn('ada');
    preferences.choose('zoom', 120);
    await settled();
    server.reachable = false;
    open();
    expect(preferences.get('zoom')).toBe(120);
    await expect(preferences.ready()).resolves.toBeUndefined();
  });

  it('are corrected by the server, and follow a default that changes', async () => {
    writeCopy({ userId: 'ada', values: { ...BUILT_IN, theme: 'dark', zoom: 90 }, pending: [] });
    open();
    server.kept.set('theme', 'light');
    await signIn('ada');
    expect([preferences.get('theme'), preferences.get('zoom')]).toEqual(['light', 100]);
    server.defaults = { ...BUILT_IN, zoom: 110 };
    heard.get('settings.changed')?.();
    await settled();
    expect(preferences.get('zoom')).toBe(110);
    server.kept.set('density', 'compact');
    heard.get('preferences.changed')?.();
    await settled();
    expect(preferences.get('density')).toBe('compact');
  });

  it('chosen without a connection hold, survive a reload and arrive later', async () => {
    open();
    await signIn('ada');
    server.reachable = false;
    preferences.choose('theme', 'dark');
    preferences.choose('dock_open', true);
    await settled();
    open();
    expect(preferences.get('theme')).toBe('dark');
    await settled();
    expect(server.kept.size).toBe(0);
    server.reachable = true;
    await fake.advanceTimersByTimeAsync(60_000);
    expect(Object.fromEntries(server.kept)).toEqual({ theme: 'dark', dock_open: true });
    expect(readCopy()?.pending).toEqual([]);
  });

  it('that the server refuses are given up, and its value comes back', async () => {
    open();
    await signIn('ada');
    preferences.choose('zoom', 999);
    await settled();
    expect(preferences.get('zoom')).toBe(100);
    expect(readCopy()?.pending).toEqual([]);
  });

  it('go back to the default', async () => {
    open();
    await signIn('ada');
    server.defaults = { ...BUILT_IN, theme: 'dark' };
    preferences.choose('theme', 'light');
    await settled();
    preferences.reset('theme');
    await settled();
    expect(preferences.get('theme')).toBe('dark');
    expect(preferences.chosen().size).toBe(0);
    expect(server.kept.size).toBe(0);
  });

  it('made before the sign-in go to the account where it has none, and nowhere else', async () => {
    open();
    preferences.choose('language', 'fr');
    preferences.choose('theme', 'dark');
    server.kept.set('theme', 'light');
    await signIn('ada');
    expect(Object.fromEntries(server.kept)).toEqual({ theme: 'light', language: 'fr' });
    expect([preferences.get('language'), preferences.get('theme')]).toEqual(['fr', 'light']);
  });

  it('of one person never reach the account of the next', async () => {
    open();
    await signIn('ada');
    server.reachable = false;
    preferences.choose('theme', 'dark');
    await settled();
    account.set(null);
    await settled();
    preferences.choose('density', 'compact');
    server.reachable = true;
    await signIn('eve');
    expect(Object.fromEntries(server.kept)).toEqual({ density: 'compact' });
    expect(preferences.get('theme')).toBe('system');
  });

  it('that a storage has damaged are those of a device that knows nothing', () => {
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '{"values":{}}',
      '{"values":{"zoom":"big"},"pending":[["x",1]],"userId":null}',
    ]) {
      localStorage.setItem('system_update.preferences', text);
      open();
      expect(preferences.get('zoom')).toBe(100);
    }
  });
});
