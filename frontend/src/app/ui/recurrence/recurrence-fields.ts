import { Component, computed, inject, linkedSignal, model, signal } from '@angular/core';
import { Texts } from '../../core/i18n/texts';
import { cronOf, rhythmOf, WEEKDAYS, WEEKS, type Rhythm } from './recurrence';
import { RecurrenceWords, weekKey } from './recurrence-words';

const KINDS = ['weekly', 'monthly', 'once', 'cron'] as const;
const ZONES = Intl.supportedValuesOf('timeZone');

/** When something happens again: on weekdays, once a month, once, or by five fields. */
@Component({
  selector: 'su-recurrence-fields',
  templateUrl: './recurrence-fields.html',
  styleUrl: './recurrence-fields.scss',
})
export class RecurrenceFields {
  protected readonly texts = inject(Texts);
  protected readonly words = inject(RecurrenceWords);
  readonly cron = model.required<string>();
  /** The single time, ISO; null where it repeats. */
  readonly onceAt = model.required<string | null>();
  readonly timezone = model.required<string>();
  protected readonly kinds = KINDS;
  protected readonly zones = ZONES;
  protected readonly weekdays = WEEKDAYS;
  protected readonly weeks = WEEKS;
  protected readonly weekKey = weekKey;
  /** Five fields stay five fields while they are written, whatever they mean. */
  private readonly raw = signal(false);
  protected readonly rhythm = computed<Rhythm>(() => (this.raw() ? { kind: 'cron' } : rhythmOf(this.cron())));
  protected readonly time = linkedSignal<Rhythm, string>({
    source: this.rhythm,
    computation: (rhythm, before) => ('time' in rhythm ? rhythm.time : (before?.value ?? '02:00')),
  });
  protected readonly localOnce = computed(() => {
    const at = this.onceAt();
    return at === null ? '' : localOf(new Date(at));
  });

  protected choose(kind: Rhythm['kind']): void {
    const time = this.time();
    this.raw.set(kind === 'cron');
    this.onceAt.set(kind === 'once' ? (this.onceAt() ?? nextHour()) : null);
    if (kind === 'cron') {
      this.cron.update((cron) => (cron === '@once' ? '0 2 * * *' : cron));
    } else if (kind === 'weekly') {
      this.cron.set(cronOf({ kind, days: [...WEEKDAYS], time }));
    } else if (kind === 'monthly') {
      this.cron.set(cronOf({ kind, week: 1, day: 0, time }));
    } else {
      this.cron.set('@once');
    }
  }

  protected setTime(time: string): void {
    const rhythm = this.rhythm();
    if ('time' in rhythm && time !== '') {
      this.cron.set(cronOf({ ...rhythm, time }));
    }
  }

  /** The last day stays: without one it would never happen. */
  protected toggle(day: number): void {
    const rhythm = this.rhythm();
    if (rhythm.kind !== 'weekly') {
      return;
    }
    const days = rhythm.days.includes(day) ? rhythm.days.filter((one) => one !== day) : [...rhythm.days, day];
    if (days.length > 0) {
      this.cron.set(cronOf({ ...rhythm, days }));
    }
  }

  protected setMonthly(change: { week?: number; day?: number }): void {
    const rhythm = this.rhythm();
    if (rhythm.kind === 'monthly') {
      this.cron.set(cronOf({ ...rhythm, ...change }));
    }
  }

  protected setOnce(local: string): void {
    const at = new Date(local);
    if (!Number.isNaN(at.getTime())) {
      this.onceAt.set(at.toISOString());
    }
  }
}

function nextHour(): string {
  const at = new Date(Date.now() + 3_600_000);
  at.setMinutes(0, 0, 0);
  return at.toISOString();
}

/** As the field of the browser has it: local time without a zone. */
function localOf(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
