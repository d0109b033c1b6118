import { inject, Injectable } from '@angular/core';
import { Formats } from '../i18n/formats';
import { Texts } from '../i18n/texts';
import type { Problem } from './problem';

/** Codes whose server sentence names things (another machine, a field) that a translation cannot know. */
const NAMES_THINGS = new Set(['machine_address_taken', 'invalid_input', 'fingerprint_mismatch']);

/** A problem in words: what could not be done and what to do next, in the language that is on. */
@Injectable({ providedIn: 'root' })
export class ProblemTexts {
  private readonly texts = inject(Texts);
  private readonly formats = inject(Formats);

  sentence(problem: Problem): string {
    if (problem.status === 429) {
      return problem.retryAfter === null
        ? this.texts.t('problem.too_many_attempts')
        : this.texts.t('problem.tooManyWait', { wait: this.formats.span(problem.retryAfter) });
    }
    const own = this.texts.known(`problem.${problem.code}`, '');
    if (own === '') {
      return problem.detail ?? this.texts.t('problem.unexpected');
    }
    return NAMES_THINGS.has(problem.code) && problem.detail !== null ? `${own} ${problem.detail}` : own;
  }

  action(problem: Problem): string | null {
    const own = this.texts.known(`problem.${problem.code}.action`, '');
    return own === '' ? problem.action : own;
  }
}
