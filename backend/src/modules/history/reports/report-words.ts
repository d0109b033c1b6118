import { inFrench } from '../../../kernel/sentences/in-french';
import { FRENCH_ACTIONS, FRENCH_NAMES, FRENCH_VALUES, FRENCH_WORDS } from './report-words.fr';

export const REPORT_LANGUAGES = ['en', 'fr'] as const;
export type ReportLanguage = (typeof REPORT_LANGUAGES)[number];

/** Fields that hold a word of ours, nothing of a machine. */
const WORD_FIELDS = new Set([
  'ending',
  'operation',
  'outcome',
  'refusal',
  'severity',
  'signal',
  'silence',
  'state',
  'status',
  'verdict',
]);
/** Fields that hold sentences of ours, one in each line. */
const SENTENCE_FIELDS = new Set(['at_your_own_risk', 'detail', 'message', 'remediation', 'summary']);

/** How a report says things in one language. What a machine said stays as it is in all of them. */
/** The colon of a language with what stands before it: French has a narrow space that does not break. */
export function colonOf(language: ReportLanguage): string {
  return language === 'fr' ? '\u202f: ' : ': ';
}

export interface ReportWords {
  readonly language: ReportLanguage;
  /** The report's own words, by the English ones. */
  readonly word: (english: string) => string;
  /** What a field is called: `failed_units` → `Failed units` */
  readonly title: (field: string) => string;
  readonly action: (name: string) => string;
  /** Of a field of that name. */
  readonly value: (field: string, text: string) => string;
}

const ENGLISH: ReportWords = {
  language: 'en',
  word: (english) => english,
  title: titleOf,
  action: titleOf,
  value: (_field, text) => text,
};

const FRENCH: ReportWords = {
  language: 'fr',
  word: (english) => FRENCH_WORDS[english] ?? english,
  title: (field) => FRENCH_NAMES[field] ?? titleOf(field),
  action: (name) => FRENCH_ACTIONS[name] ?? titleOf(name),
  value: (field, text) => {
    if (WORD_FIELDS.has(field)) return FRENCH_VALUES[text] ?? text;
    if (!SENTENCE_FIELDS.has(field)) return text;
    return text
      .split('\n')
      .map((line) => inFrench(line) ?? line)
      .join('\n');
  },
};

export const REPORT_WORDS: Readonly<Record<ReportLanguage, ReportWords>> = { en: ENGLISH, fr: FRENCH };

function titleOf(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
