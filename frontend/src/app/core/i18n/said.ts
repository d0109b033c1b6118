import { inject, Injectable } from '@angular/core';
import type { SaidDto } from '../../api/models';
import { Texts } from './texts';

/** A document of the server with the codes and parameters of its sentences, by field. */
export interface Saying {
  readonly said?: Readonly<Record<string, readonly SaidDto[]>>;
}

/**
 * The server's sentences in the language that is on. What has no code is a machine's own words, and what has no
 * translation yet is better in English than not at all: both are shown as they came.
 */
@Injectable({ providedIn: 'root' })
export class Said {
  private readonly texts = inject(Texts);

  /** The sentence in a field; empty when there is none. */
  of<K extends string>(document: Saying & Readonly<Partial<Record<K, unknown>>>, field: K): string {
    const lines = document.said?.[field];
    const text = document[field];
    return lines === undefined
      ? typeof text === 'string'
        ? text
        : ''
      : lines.map((line) => this.sentence(line)).join(' ');
  }

  /** For `lang`: English unless all of it could be said in the language that is on. */
  lang<K extends string>(document: Saying & Readonly<Partial<Record<K, unknown>>>, field: K): 'en' | null {
    const lines = document.said?.[field];
    return lines?.every(({ code }) => code !== null && this.texts.has(`said.${code}`)) === true ? null : 'en';
  }

  private sentence({ text, code, params }: SaidDto): string {
    const filled = Object.entries(params).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : this.sentence(value),
    ]);
    return code === null ? text : this.texts.known(`said.${code}`, text, Object.fromEntries(filled));
  }
}
