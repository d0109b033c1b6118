import {
  parse,
  type Content,
  type FunctionArg,
  type Octothorpe,
  type PlainArg,
  type Select,
} from '@messageformat/parser';

/** What a message may be filled with. Numbers are written the way the language writes them. */
export type IcuParams = Readonly<Record<string, string | number | null | undefined>>;

type Token = Content | PlainArg | FunctionArg | Select | Octothorpe;

const parsed = new Map<string, readonly Token[]>();
const numberFormats = new Map<string, Intl.NumberFormat>();
const pluralRules = new Map<string, Intl.PluralRules>();

/**
 * Fills an ICU message. It walks the parsed message instead of compiling it to a function, because the content
 * security policy forbids `new Function`.
 *
 * @throws when the message is not valid ICU
 */
export function formatMessage(source: string, params: IcuParams, locale: string): string {
  let tokens = parsed.get(source);
  if (!tokens) {
    tokens = parse(source);
    parsed.set(source, tokens);
  }
  return write(tokens, params, locale, null);
}

function write(tokens: readonly Token[], params: IcuParams, locale: string, count: number | null): string {
  let text = '';
  for (const token of tokens) {
    text += writeToken(token, params, locale, count);
  }
  return text;
}

function writeToken(token: Token, params: IcuParams, locale: string, count: number | null): string {
  switch (token.type) {
    case 'content':
      return token.value;
    case 'octothorpe':
      return count === null ? '#' : numberFormat(locale).format(count);
    case 'argument':
    case 'function':
      return writeValue(params[token.arg], locale);
    case 'select':
      return writeCase(token, String(params[token.arg] ?? ''), null, params, locale);
    case 'plural':
    case 'selectordinal':
      return writePlural(token, params, locale);
  }
}

function writePlural(token: Select, params: IcuParams, locale: string): string {
  const value = Number(params[token.arg] ?? 0);
  const exact = token.cases.find((one) => one.key === `=${String(value)}`);
  if (exact) {
    return write(exact.tokens, params, locale, value);
  }
  const shown = value - (token.pluralOffset ?? 0);
  const type = token.type === 'selectordinal' ? 'ordinal' : 'cardinal';
  return writeCase(token, rules(locale, type).select(shown), shown, params, locale);
}

function writeCase(token: Select, key: string, count: number | null, params: IcuParams, locale: string): string {
  const chosen = token.cases.find((one) => one.key === key) ?? token.cases.find((one) => one.key === 'other');
  return chosen ? write(chosen.tokens, params, locale, count) : '';
}

function writeValue(value: string | number | null | undefined, locale: string): string {
  if (value === null || value === undefined) {
    return '';
  }
  return typeof value === 'number' ? numberFormat(locale).format(value) : value;
}

function numberFormat(locale: string): Intl.NumberFormat {
  let format = numberFormats.get(locale);
  if (!format) {
    format = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
    numberFormats.set(locale, format);
  }
  return format;
}

function rules(locale: string, type: Intl.PluralRuleType): Intl.PluralRules {
  const key = `${locale}/${type}`;
  let found = pluralRules.get(key);
  if (!found) {
    found = new Intl.PluralRules(locale, { type });
    pluralRules.set(key, found);
  }
  return found;
}
