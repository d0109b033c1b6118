import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  parse,
  type Content,
  type FunctionArg,
  type Octothorpe,
  type PlainArg,
  type Select,
} from '@messageformat/parser';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import fc from 'fast-check';
import { said, saidIn } from './said';
import { allSentences, sentences, type Template } from './sentences';

const source = path.resolve(__dirname, '../..');
const french = JSON.parse(
  readFileSync(path.resolve(source, '../../frontend/src/i18n/sentences.fr.json'), 'utf8'),
) as Record<string, string>;

type Token = Content | PlainArg | FunctionArg | Select | Octothorpe;

function parametersOf(tokens: readonly Token[]): string[] {
  const names = tokens.flatMap((token) => {
    if (token.type === 'argument' || token.type === 'function') return [token.arg];
    if (token.type === 'content' || token.type === 'octothorpe') return [];
    return [token.arg, ...token.cases.flatMap((one) => parametersOf(one.tokens))];
  });
  return [...new Set(names)].sort();
}

/** Every sentence that the program can say: `*.sentences.ts`, and the few catalogues that stand with their codes. */
async function declared(): Promise<Template[]> {
  for (const file of globSync('**/*.ts', { cwd: source })) {
    if (file.endsWith('.spec.ts') || !/\bsentences\('\w+', \{/.test(readFileSync(path.join(source, file), 'utf8')))
      continue;
    await import(path.join(source, file));
  }
  return [...allSentences()].filter(({ code }) => !code.startsWith('sample.'));
}

let all: Template[];

beforeAll(async () => {
  all = await declared();
});

describe('what the program says', () => {
  it('is translated, each sentence with all of its parameters and nothing besides', () => {
    expect(all.length).toBeGreaterThan(300);
    expect(Object.keys(french).sort()).toEqual(all.map(({ code }) => `said.${code}`).sort());
    for (const { code, parameters } of all) {
      const translated = parametersOf(parse(french[`said.${code}`] ?? ''));
      expect({ code, parameters: translated }).toEqual({ code, parameters: [...parameters].sort() });
    }
  });

  it('asks nobody to change a limit of time, for none can be set', () => {
    const asks = (text: string): boolean => /more time|time limit|plus de temps|limite de temps/i.test(text);
    expect(all.filter(({ english }) => asks(english)).map(({ code }) => code)).toEqual([]);
    expect(Object.keys(french).filter((code) => asks(french[code] ?? ''))).toEqual([]);
  });

  it('is never said in the same words by two rooms', () => {
    const english = all.map(({ english }) => english);
    expect(english.filter((text, index) => english.indexOf(text) !== index)).toEqual([]);
  });

  it('is read back with its parameters, whatever words stand in them', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9+-]{0,12}$/);
    for (const { code, literals, parameters } of all) {
      fc.assert(
        fc.property(fc.array(word, { minLength: parameters.length, maxLength: parameters.length }), (values) => {
          const text = literals.map((literal, index) => literal + (values[index] ?? '')).join('');
          expect(said(text)).toEqual({
            text,
            code,
            params: Object.fromEntries(parameters.map((name, index) => [name, values[index]])),
          });
        }),
        { numRuns: 20 },
      );
    }
  });
});

describe('sentences', () => {
  const say = sentences('sample', {
    lost: 'The connection to {place} was lost in the sample.',
    place: '{host} at the door {port}',
  });

  it('is one line, and finds the sentence within a sentence', () => {
    const text = say.lost({ place: say.place({ host: 'a\nb', port: 22 }) });
    expect(text).toBe('The connection to a b at the door 22 was lost in the sample.');
    expect(said(text)).toMatchObject({
      code: 'sample.lost',
      params: { place: { code: 'sample.place', params: { host: 'a b', port: '22' } } },
    });
  });

  it('leaves a machine’s own words alone', () => {
    expect(said('E: Unable to locate package x')).toBeNull();
    expect(saidIn({ message: 'E: no', other: null }, ['message', 'other'])).toEqual({});
  });

  it('takes the lines of a field one by one', () => {
    const line = say.lost({ place: 'here' });
    expect(saidIn({ why: `${line}\nE: no` }, ['why'])).toMatchObject({
      why: [{ code: 'sample.lost' }, { code: null, text: 'E: no' }],
    });
  });

  it('answers in linear time whatever a machine sends', () => {
    const hostile = 'The host key of  changed: approved is ; now it shows '.repeat(70);
    expect(said(hostile)).toBeNull();
    expect(said('x'.repeat(100_000))).toBeNull();
  });

  it('refuses what could not be read back', () => {
    expect(() => sentences('sample', { lost: 'Taken.' })).toThrow('declared twice');
    expect(() => sentences('sample', { touch: 'from {a}{b}' })).toThrow('touch');
    expect(() => sentences('sample', { empty: '{a}' })).toThrow('nothing of its own');
  });
});

describe('what is said about a refused field', () => {
  const unlikely = [undefined, null, true, 5, -1, 1.5, 1e9, '', 'x'.repeat(100_000), '$(id)\n', {}, [], ['', 7, {}]];

  it('is known, for every rule of every request', async () => {
    for (const file of globSync('**/*.dto.ts', { cwd: source })) await import(path.join(source, file));
    const { validationMetadatas: rules } = getMetadataStorage() as unknown as {
      validationMetadatas: Map<new () => object, { propertyName: string }[]>;
    };
    expect(rules.size).toBeGreaterThan(20);
    const unknown = new Set<string>();
    for (const [Dto, fields] of rules) {
      for (const value of unlikely) {
        const request = Object.assign(new Dto(), Object.fromEntries(fields.map((rule) => [rule.propertyName, value])));
        for (const message of messagesOf(validateSync(request, { forbidUnknownValues: false }))) {
          if (said(message) === null) unknown.add(message.slice(0, 200));
        }
      }
    }
    expect([...unknown]).toEqual([]);
  });
});

function messagesOf(errors: readonly ValidationError[]): string[] {
  return errors.flatMap((error) => [...Object.values(error.constraints ?? {}), ...messagesOf(error.children ?? [])]);
}
