import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { parameterLines, quote } from './quote';

/** Any text a shell word can hold, with the characters that matter to shells made frequent. */
const value = fc
  .array(
    fc.oneof(
      fc.constantFrom(...`'"\\$\`!*?~#&|;<>(){}[]%=^ \t\r\n-`.split('')),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
    ),
  )
  .map((parts) => parts.join('').replaceAll('\0', ''))
  .filter((text) => Buffer.from(text).toString() === text);

function sh(script: string): string {
  return execFileSync('/bin/sh', ['-s'], { input: script, encoding: 'utf8' });
}

describe('quote', () => {
  it('gives a word whose value is the text, in a real shell', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), (values) => {
        const printed = sh(values.map((text) => `printf '%s\\0' ${quote(text)}\n`).join(''));
        expect(printed.split('\0').slice(0, -1)).toEqual(values);
      }),
      { numRuns: 60 },
    );
  });

  it.each(['$(id)', '`id`', "'; id; '", '-rf', '', '\n', '\\', "'", '$HOME', '~'])('keeps %j as data', (text) => {
    expect(sh(`printf %s ${quote(text)}`)).toBe(text);
  });

  it('refuses NUL', () => {
    expect(() => quote('a\0b')).toThrow(TypeError);
  });
});

describe('parameterLines', () => {
  it('is read back by a shell as the same values', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), (values) => {
        const parameters = Object.fromEntries(values.map((text, i) => [`P_${String(i)}`, text]));
        const printed = sh(
          `${parameterLines(parameters)}${values.map((_, i) => `printf '%s\\0' "$P_${String(i)}"\n`).join('')}`,
        );
        expect(printed.split('\0').slice(0, -1)).toEqual(values);
      }),
      { numRuns: 60 },
    );
  });

  it.each(['', 'lower', '1A', 'A B', 'A=B', 'A;id', 'A\n', 'A-B', '$A', `A${'B'.repeat(64)}`])(
    'refuses the name %j',
    (name) => {
      expect(() => parameterLines({ [name]: 'x' })).toThrow('parameter name');
    },
  );

  it.each(['PATH', 'IFS', 'LD_PRELOAD', 'LC_ALL', 'SU_BOUNDARY', 'ENV'])('refuses the reserved name %s', (name) => {
    expect(() => parameterLines({ [name]: 'x' })).toThrow('reserved');
  });
});
