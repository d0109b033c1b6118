import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { Component, computed, inject, signal } from '@angular/core';
import { problemOf, type Problem } from '../core/errors/problem';
import type { IcuParams } from '../core/i18n/icu';
import { Texts, type TextKey } from '../core/i18n/texts';
import { ErrorNotice } from './error-notice';
import { Icon } from './icon';

/** Shorter reasons than this say nothing; the server refuses them too. */
export const SHORTEST_REASON = 3;

/** A decision that stops or refuses something, and what it says to whoever is to make it. */
export interface Decision<R> {
  readonly title: TextKey;
  /** Of title and text. */
  readonly params: IcuParams;
  /** What follows from it. */
  readonly text: TextKey;
  /** Label of the reason. */
  readonly reason: TextKey;
  readonly required: boolean;
  /** A name that is to be typed by hand before, and the label of its field; absent where none is. */
  readonly typed?: { readonly label: TextKey; readonly name: string };
  /** Verb and object, on the button. */
  readonly act: TextKey;
  /** @param reason without spaces around it; empty where none was given */
  readonly decide: (reason: string) => Promise<R>;
}

/** Asks for the reason of a decision and makes it. Closes with what the server answered; a refusal is shown in place. */
@Component({
  selector: 'su-reason-dialog',
  imports: [ErrorNotice, Icon],
  template: `
    <form class="dialog" (submit)="$event.preventDefault(); decide()">
      <header>
        <h1 id="decision-title" class="grow">{{ texts.t(decision.title, decision.params) }}</h1>
        <button type="button" class="btn quiet icon" [attr.aria-label]="texts.t('act.close')" (click)="ref.close()">
          <su-icon name="cross" />
        </button>
      </header>
      <div class="body form">
        <p class="s t2">{{ texts.t(decision.text, decision.params) }}</p>
        @if (decision.typed; as wanted) {
          <div>
            <label class="label" for="typed-name">{{ texts.t(wanted.label, { name: wanted.name }) }}</label>
            <div class="field">
              <input id="typed-name" autocomplete="off" [value]="typed()" (input)="typed.set(name.value)" #name />
            </div>
          </div>
        }
        <div>
          <label class="label" for="reason">{{ texts.t(decision.reason) }}</label>
          <div class="field area">
            <textarea
              id="reason"
              rows="3"
              maxlength="500"
              [required]="decision.required"
              [value]="reason()"
              (input)="reason.set(text.value)"
              #text
            ></textarea>
          </div>
        </div>
        @if (problem(); as failed) {
          <su-error-notice [problem]="failed" />
        }
      </div>
      <footer>
        <button type="button" class="btn" (click)="ref.close()">{{ texts.t('act.cancel') }}</button>
        <button class="btn danger" [disabled]="!ready()">{{ texts.t(decision.act) }}</button>
      </footer>
    </form>
  `,
  styles: `
    textarea {
      min-height: 4rem;
      font-family: inherit;
      font-size: var(--t-s);
    }
  `,
})
export class ReasonDialog<R> {
  protected readonly texts = inject(Texts);
  protected readonly ref = inject<DialogRef<R>>(DialogRef);
  protected readonly decision = inject<Decision<R>>(DIALOG_DATA);
  protected readonly reason = signal('');
  protected readonly typed = signal('');
  private readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly ready = computed(
    () =>
      !this.busy() &&
      (!this.decision.required || this.reason().trim().length >= SHORTEST_REASON) &&
      (this.decision.typed === undefined || this.typed() === this.decision.typed.name),
  );

  protected async decide(): Promise<void> {
    this.busy.set(true);
    try {
      this.ref.close(await this.decision.decide(this.reason().trim()));
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}
