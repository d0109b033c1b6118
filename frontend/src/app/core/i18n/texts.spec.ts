import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, type PlainArg } from '@messageformat/parser';
import en from '../../../i18n/en.json' with { type: 'json' };
import fr from '../../../i18n/fr.json' with { type: 'json' };
import sentences from '../../../i18n/sentences.fr.json' with { type: 'json' };
import { formatMessage } from './icu';

const languages: Record<string, Record<string, string>> = { en, fr };

type Token = ReturnType<typeof parse>[number];

function argumentsOf(tokens: readonly (Token | { type: 'octothorpe' })[]): string[] {
  const names = new Set<string>();
  const walk = (list: readonly (Token | { type: 'octothorpe' })[]): void => {
    for (const token of list) {
      if (token.type === 'argument' || token.type === 'function') {
        names.add((token as PlainArg).arg);
      } else if (token.type !== 'content' && token.type !== 'octothorpe') {
        names.add(token.arg);
        token.cases.forEach((one) => {
          walk(one.tokens);
        });
      }
    }
  };
  walk(tokens);
  return [...names].sort();
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const at = path.join(folder, entry.name);
    return entry.isDirectory()
      ? sources(at)
      : /\.(ts|html)$/.test(entry.name) && !/\.spec\.ts$/.test(entry.name)
        ? [at]
        : [];
  });
}

describe('texts', () => {
  it('exist in both languages', () => {
    expect(Object.keys(fr)).toEqual(Object.keys(en));
    expect(Object.values(fr).filter((text) => text.trim() === '')).toEqual([]);
  });

  it('are valid ICU messages with the same arguments', () => {
    for (const key of Object.keys(en)) {
      const [english, french] = ['en', 'fr'].map((lang) => argumentsOf(parse(languages[lang]?.[key] ?? '')));
      expect({ key, names: french }).toEqual({ key, names: english });
    }
  });

  it('name a plural for every category that the language has', () => {
    for (const [lang, texts] of Object.entries(languages)) {
      for (const [key, text] of Object.entries(texts)) {
        for (const count of [0, 1, 2, 5, 1000]) {
          const params = Object.fromEntries(argumentsOf(parse(text)).map((name) => [name, count]));
          expect({ lang, key, text: formatMessage(text, params, lang) }).not.toMatchObject({
            text: expect.stringMatching(/[{}]/) as unknown,
          });
        }
      }
    }
  });

  it('use the narrow space before high punctuation in French', () => {
    // A sign that begins a word, as in `Defaults:USER !requiretty`, is no punctuation.
    const wrong = Object.entries({ ...fr, ...sentences }).filter(([, text]) => / [:;!?%](?![\w-])/.test(text));
    expect(wrong).toEqual([]);
  });

  it('are all used', () => {
    const code = sources(path.join(import.meta.dirname, '../..'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    // Keys made of a word and a value: a template literal, or a string that something is added to.
    const built = [...code.matchAll(/[`'"]([\w.]+\.)(?:\$\{|' \+)/g)]
      .map((match) => match[1] ?? '')
      .concat('kindShort.');
    const unused = Object.keys(en).filter(
      (key) =>
        !code.includes(`'${key}'`) && !built.some((prefix) => key.startsWith(prefix)) && !key.endsWith('.action'),
    );
    expect(unused).toEqual([]);
  });
});

describe('formatMessage', () => {
  it('fills values, plurals and exact cases in the language asked for', () => {
    const text = '{n, plural, =0 {none} one {# machine} other {# machines}} of {name}';
    expect(formatMessage(text, { n: 0, name: 'a' }, 'en')).toBe('none of a');
    expect(formatMessage(text, { n: 1, name: 'a' }, 'en')).toBe('1 machine of a');
    expect(formatMessage(text, { n: 1234, name: 'a' }, 'en')).toBe('1,234 machines of a');
    expect(formatMessage('{n, plural, one {# a} other {# b}}', { n: 0 }, 'fr')).toBe('0 a');
  });

  it('takes what comes from outside as text, not as a message', () => {
    expect(formatMessage('{name}', { name: '{x} #' }, 'en')).toBe('{x} #');
  });
});
