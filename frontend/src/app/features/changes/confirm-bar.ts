import { Component, computed, inject, input, output, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { RequestDetailDto } from '../../api/models';
import { Said } from '../../core/i18n/said';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Clock } from '../../core/time/clock';
import { Session } from '../../core/session/session';
import type { Beginning } from './beginning';
import { Digest } from './digest';
import { MakePlan } from './make-plan';
import { RequestWords } from './request-words';
import { notAccepted, runEndOf, standingOf } from './request-standing';

/** A plan must have been on the screen so long before a key may confirm it. */
const SEEN_MS = 1000;

/** Digest, sentence and button in one bar: what is confirmed, what that means, and why it cannot be where it cannot. */
@Component({
  selector: 'su-confirm-bar',
  imports: [Digest, MakePlan, RouterLink],
  templateUrl: './confirm-bar.html',
  styleUrl: './confirm-bar.scss',
  host: { '(document:keydown)': 'press($event)' },
})
export class ConfirmBar {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  private readonly session = inject(Session);
  private readonly clock = inject(Clock);
  readonly request = input.required<RequestDetailDto>();
  readonly accepted = input.required<ReadonlySet<string>>();
  /** When this plan came on the screen, in milliseconds. */
  readonly since = input.required<number>();
  readonly busy = input.required<boolean>();
  /** When it begins once it is confirmed. */
  readonly beginning = input.required<Beginning>();
  /** With the reason; empty where none was given. */
  readonly confirmed = output<string>();
  readonly again = output();
  /** It shall begin outside its maintenance window. */
  readonly overridden = output();
  readonly refused = output();
  protected readonly standing = computed(() => standingOf(this.request(), this.clock.seconds()));
  private readonly words = inject(RequestWords);
  protected readonly hindrance = computed(() => this.words.hindrance(this.request()));
  protected readonly may = computed(() => this.hindrance() === null);
  protected readonly ending = computed(() => this.words.mayEnd(this.request()));
  protected readonly reason = signal('');
  protected readonly mayPlan = computed(() => this.session.can('machines.run'));
  protected readonly unwell = computed(() => runEndOf(this.request()) !== 'well');
  protected readonly missing = computed(() => {
    const plan = this.request().plan ?? this.request().several;
    return plan === null ? [] : notAccepted(plan, this.accepted());
  });
  private readonly acceptable = computed(
    () => this.standing() === 'waiting' && this.may() && this.missing().length === 0 && !this.busy(),
  );
  protected readonly ready = computed(() => this.acceptable() && this.beginning() !== 'never');
  /** Only who may set a window aside is asked whether to. */
  protected readonly outside = computed(() => this.beginning() !== 'now' && this.session.can('windows.override'));
  protected readonly readyOutside = computed(() => this.outside() && this.acceptable());
  protected readonly sentence = computed(() => {
    const standing = this.standing();
    if (standing !== 'waiting') {
      return this.words.standing(this.request(), standing);
    }
    const hindrance = this.hindrance();
    return hindrance !== null && hindrance !== 'planning'
      ? this.texts.t(`plan.hindrance.${hindrance}`)
      : this.missing().length > 0
        ? this.texts.t('plan.missing', { n: this.missing().length })
        : this.texts.t('plan.sentence');
  });

  protected confirm(): void {
    this.confirmed.emit(this.reason().trim());
  }

  protected press(event: KeyboardEvent): void {
    const modal = document.querySelector('.cdk-overlay-backdrop') !== null;
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || modal || event.repeat) {
      return;
    }
    if (this.ready() && Date.now() - this.since() >= SEEN_MS) {
      event.preventDefault();
      this.confirm();
    }
  }
}
