import { inject, Injectable } from '@angular/core';
import type { SaidDto } from '../../api/models';
import { Formats } from './formats';
import { Texts } from './texts';

/** As the server writes moments into the parameters of its sentences. */
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

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
  private readonly formats = inject(Formats);

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
    const filled = Object.entries(params).map(([name, value]): [string, string] => [name, this.parameter(value)]);
    return code === null ? text : this.texts.known(`said.${code}`, text, Object.fromEntries(filled));
  }

  private parameter(value: string | SaidDto): string {
    if (typeof value !== 'string') return this.sentence(value);
    return MOMENT.test(value) ? this.formats.shortWithZone(value) : value;
  }
}
