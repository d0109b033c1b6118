import { inject, Injectable } from '@angular/core';
import { Formats } from '../i18n/formats';
import { Said } from '../i18n/said';
import { Texts } from '../i18n/texts';
import type { Problem } from './problem';

/** A problem in words: what could not be done and what to do next, in the language that is on. */
@Injectable({ providedIn: 'root' })
export class ProblemTexts {
  private readonly texts = inject(Texts);
  private readonly formats = inject(Formats);
  private readonly said = inject(Said);

  sentence(problem: Problem): string {
    if (problem.status === 429 && problem.retryAfter !== null) {
      return this.texts.t('problem.tooManyWait', { wait: this.formats.span(problem.retryAfter) });
    }
    // What never came from the server, or came from its framework, has a code and no sentence of ours.
    const ofCode = this.texts.known(`problem.${problem.code}`, '');
    return ofCode || this.said.of(problem, 'detail') || this.texts.t('problem.unexpected');
  }

  action(problem: Problem): string | null {
    const ofCode = this.texts.known(`problem.${problem.code}.action`, '');
    return ofCode || this.said.of(problem, 'action') || null;
  }
}
