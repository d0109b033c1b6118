import { Component, computed, inject } from '@angular/core';
import { Formats } from '../core/i18n/formats';
import { Texts } from '../core/i18n/texts';
import { Live } from '../core/live/live';

/** Whether what the pages show is of now: Live, Reconnecting since, Offline. */
@Component({
  selector: 'su-live-state',
  template: `
    <span role="status" [class]="live.status()">{{ words() }}</span>
    @if (live.status() === 'reconnecting' || live.status() === 'offline') {
      <button type="button" class="link xs" (click)="live.wake()">{{ texts.t('live.now') }}</button>
    }
  `,
  styles: `
    :host {
      display: inline-flex;
      align-items: center;
      gap: 6px;
      padding: 0 8px;
      white-space: nowrap;
    }

    span {
      display: inline-flex;
      align-items: center;
      gap: 6px;
      font-size: var(--t-xs);
      color: var(--text-2);
    }

    span::before {
      content: '';
      width: 7px;
      height: 7px;
      border-radius: 50%;
      border: 1px solid var(--text-3);
    }

    .live::before {
      background: var(--clean);
      border-color: var(--clean);
    }

    .reconnecting,
    .offline {
      color: var(--stale);
      font-weight: 620;
    }

    .reconnecting::before,
    .offline::before {
      border-color: var(--stale);
    }
  `,
})
export class LiveState {
  protected readonly texts = inject(Texts);
  protected readonly live = inject(Live);
  private readonly formats = inject(Formats);
  protected readonly words = computed(() => {
    const status = this.live.status();
    const since = this.live.since();
    const at = since === null ? '' : this.formats.time(new Date(since).toISOString()).slice(0, 5);
    return this.texts.t(`live.${status}`, { at });
  });
}
