import { DestroyRef, effect, inject, Injectable, signal, untracked } from '@angular/core';
import { Api } from '../../api/api';
import { appearanceGet, preferencesGet, preferencesPut, preferencesReset } from '../../api/functions';
import type { PreferencesDto, PreferenceValuesDto } from '../../api/models';
import { problemOf } from '../errors/problem';
import { backOff } from '../live/back-off';
import { Live } from '../live/live';
import { Session } from '../session/session';
import { BUILT_IN, readCopy, writeCopy, type PreferenceKey, type PreferenceValue } from './local-copy';

/**
 * How this person wants the portal to be. A choice holds at once and is kept on the server; until it has arrived there
 * it is remembered on this device and sent again. The server's answer corrects everything else: at the sign-in, when
 * another browser of the same person chooses, when an administrator changes a default, and when the page comes back.
 */
@Injectable({ providedIn: 'root' })
export class Preferences {
  private readonly api = inject(Api);
  private readonly session = inject(Session);
  private readonly copy = readCopy();
  private readonly current = signal<PreferenceValuesDto>(this.copy?.values ?? BUILT_IN);
  private readonly own = signal<ReadonlySet<PreferenceKey>>(new Set());
  private readonly pending = new Map<PreferenceKey, PreferenceValue | null>(this.copy?.pending ?? []);
  private owner = this.copy?.userId ?? null;
  private entered: string | null = null;
  /** Requests follow each other, so that an older answer never comes after a newer one. */
  private turn: Promise<void> = Promise.resolve();
  private waiting = false;
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;

  private readonly raw = signal<PreferencesDto['unreadable']>([]);
  /** Choices that the server cannot read, as they stand there; the defaults hold in their place. */
  readonly unreadable = this.raw.asReadonly();
  /** What was chosen; the rest follows the defaults of the installation. */
  readonly chosen = this.own.asReadonly();

  constructor() {
    const live = inject(Live);
    const refresh = (): void => {
      this.refresh();
    };
    const stops = [live.on('preferences.changed', refresh), live.on('settings.changed', refresh)];
    const shown = (): void => {
      if (document.visibilityState === 'visible') {
        this.refresh();
      }
    };
    window.addEventListener('online', refresh);
    document.addEventListener('visibilitychange', shown);
    inject(DestroyRef).onDestroy(() => {
      stops.forEach((stop) => stop());
      window.removeEventListener('online', refresh);
      document.removeEventListener('visibilitychange', shown);
      clearTimeout(this.retry);
    });
    effect(() => {
      const id = this.session.me()?.id ?? null;
      live.returns();
      untracked(() => {
        if (id === this.entered) {
          this.refresh();
        } else {
          this.enter(id);
        }
      });
    });
  }

  /**
   * On a device that has not met anybody yet, the portal looks as the installation does by default, but for what was
   * chosen here. Never rejects: without an answer it looks as it was last.
   */
  async start(): Promise<void> {
    if (this.owner !== null) {
      return;
    }
    try {
      const defaults = await this.api.invoke(appearanceGet);
      // Somebody signed in meanwhile: their own values are on the way.
      if (this.owner === null) {
        const newer = [...this.pending].filter(([, value]) => value !== null);
        this.current.update((values) => ({ ...values, ...defaults, ...Object.fromEntries(newer) }));
        this.keep();
      }
    } catch {
      // The page that opens asks the server as well, and says what is wrong.
    }
  }

  /** What holds now; a signal, so that whatever shows it follows. */
  get<K extends PreferenceKey>(key: K): PreferenceValuesDto[K] {
    return this.current()[key];
  }

  choose<K extends PreferenceKey>(key: K, value: PreferenceValuesDto[K]): void {
    if (!this.session.signedIn() && this.owner !== null) {
      // Whoever signs in next is not asked to take over what the last one could not send.
      this.pending.clear();
      this.owner = null;
    }
    this.current.update((values) => ({ ...values, [key]: value }));
    this.own.update((keys) => new Set(keys).add(key));
    this.pending.set(key, value);
    this.keep();
    this.refresh();
  }

  /** Follows the default again; what it is, the server says. */
  reset(key: PreferenceKey): void {
    this.own.update((keys) => new Set([...keys].filter((one) => one !== key)));
    this.pending.set(key, null);
    this.keep();
    this.refresh();
  }

  /** Resolves when what this device shows is this person's: at once when it remembers them. Never rejects. */
  async ready(): Promise<void> {
    const id = this.session.me()?.id ?? null;
    const remembered = this.owner === id && this.copy !== null;
    if (id !== this.entered) {
      this.enter(id);
    }
    if (!remembered) {
      await this.turn;
    }
  }

  private enter(id: string | null): void {
    this.entered = id;
    if (id === null) {
      return;
    }
    const unnamed = this.owner === null;
    if (!unnamed && this.owner !== id) {
      this.pending.clear();
    }
    this.owner = id;
    this.next(() => this.read(unnamed));
  }

  /** Sends what waits, then reads. Asked several times, it does so once. */
  private refresh(): void {
    if (this.waiting || this.entered === null) {
      return;
    }
    this.waiting = true;
    this.next(() => {
      this.waiting = false;
      return this.read(false);
    });
  }

  private next(step: () => Promise<void>): void {
    this.turn = this.turn.then(step).then(
      () => {
        this.attempt = 0;
      },
      () => {
        this.retryLater();
      },
    );
  }

  /** @param unnamed what waits was chosen before the sign-in: it does not replace what the account has chosen */
  private async read(unnamed: boolean): Promise<void> {
    const id = this.entered;
    if (id === null) {
      return;
    }
    if (unnamed) {
      const { chosen } = await this.api.invoke(preferencesGet);
      chosen.forEach((key) => this.pending.delete(key));
    }
    for (const [key, value] of [...this.pending]) {
      await this.send(key, value);
    }
    const answer = await this.api.invoke(preferencesGet);
    if (id === this.entered) {
      this.adopt(answer);
    }
  }

  /** A choice that the server does not take is given up; anything else is tried again. */
  private async send(key: PreferenceKey, value: PreferenceValue | null): Promise<void> {
    try {
      await (value === null
        ? this.api.invoke(preferencesReset, { key })
        : this.api.invoke(preferencesPut, { key, body: { value } }));
    } catch (error) {
      const { status } = problemOf(error);
      if (status !== 400 && status !== 404) {
        throw error;
      }
    }
    if (this.pending.get(key) === value) {
      this.pending.delete(key);
    }
  }

  /** Takes the server's values, but for what was chosen since it was asked. */
  private adopt({ values, chosen, unreadable }: PreferencesDto): void {
    this.raw.set(unreadable);
    const newer = [...this.pending].filter(([, value]) => value !== null);
    this.current.set({ ...values, ...Object.fromEntries(newer) });
    this.own.set(new Set([...chosen, ...newer.map(([key]) => key)].filter((key) => this.pending.get(key) !== null)));
    this.keep();
  }

  private keep(): void {
    writeCopy({ userId: this.owner, values: this.current(), pending: [...this.pending] });
  }

  private retryLater(): void {
    clearTimeout(this.retry);
    if (this.entered === null || this.pending.size === 0) {
      return;
    }
    this.retry = setTimeout(
      () => {
        this.refresh();
      },
      backOff(this.attempt++, Math.random()),
    );
  }
}
