import fc from 'fast-check';
import { SecretMasker, secretMask } from './secret-masker';

/** A small alphabet, so that secrets overlap, repeat and are beginnings of each other. */
const word = (min: number, max: number) =>
  fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: min, maxLength: max }).map((letters) => letters.join(''));

/** Cuts a text at the given places (any numbers). */
function pieces(text: string, cuts: readonly number[]): string[] {
  const at = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, i) => text.slice(at[i], end));
}

describe('SecretMasker', () => {
  it('masks a value wherever it stands', () => {
    expect(new SecretMasker(['hunter2']).mask('pw=hunter2 again hunter2.')).toBe('pw=••• again •••.');
  });

  it('hides the union of overlapping secrets', () => {
    expect(new SecretMasker(['abcd', 'cdef']).mask('xabcdefx')).toBe('x•••x');
  });

  it('hides the longer of two secrets that begin alike', () => {
    const stream = new SecretMasker(['abcd', 'abcdef']).stream();
    expect(stream.push('abcd') + stream.push('ef!') + stream.end()).toBe('•••!');
  });

  it('holds nothing back that cannot become a secret', () => {
    const stream = new SecretMasker(['hunter2']).stream();
    expect(stream.push('progress 10 %\n')).toBe('progress 10 %\n');
    expect(stream.push('say hun')).toBe('say ');
    expect(stream.push('dred')).toBe('hundred');
  });

  it('masks a private key whole, line by line and escaped', () => {
    const key = '-----BEGIN K-----\nQUJDREVGR0hJSktMTU5PUA\nUVJTVFVWV1hZWmFiY2RlZg\n-----END K-----';
    const masker = new SecretMasker([key]);
    expect(masker.mask(`[${key}]`)).toBe('[•••]');
    expect(masker.mask('1: QUJDREVGR0hJSktMTU5PUA')).toBe('1: •••');
    expect(masker.mask(JSON.stringify({ key }))).toBe('{"key":"•••"}');
  });

  it.each([
    ['an address', (secret: string) => `http://user:${encodeURIComponent(secret)}@proxy`],
    ['a form', (secret: string) => new URLSearchParams({ password: secret }).toString()],
    ['a header', (secret: string) => `Basic ${Buffer.from(`u:${secret}`).toString('base64')}`],
    ['another header', (secret: string) => Buffer.from(`us:${secret}`).toString('base64url')],
    ['base64 alone', (secret: string) => Buffer.from(secret).toString('base64')],
  ])('masks a value in %s, also when it comes in pieces', (_where, written) => {
    const secret = 'One+two/"three\\%25';
    const text = written(secret);
    const masked = new SecretMasker([secret]).mask(text);
    expect(masked).toContain(secretMask);
    expect(masked.replace(secretMask, '').length).toBeLessThan(text.length - secret.length + 5);
    const stream = new SecretMasker([secret]).stream();
    const streamed = Array.from(text, (sign) => stream.push(sign)).join('');
    expect(streamed + stream.end()).toBe(masked);
  });

  it('leaves text alone when there is nothing to hide', () => {
    expect(new SecretMasker(['', 'abc']).mask('abc')).toBe('abc');
  });

  it('gives the same however the text is cut, and never shows a secret', () => {
    fc.assert(
      fc.property(
        fc.array(word(4, 7), { maxLength: 4 }),
        word(0, 60),
        fc.array(fc.nat(), { maxLength: 12 }),
        (secrets, text, cuts) => {
          const masker = new SecretMasker(secrets);
          const stream = masker.stream();
          const streamed =
            pieces(text, cuts)
              .map((piece) => stream.push(piece))
              .join('') + stream.end();
          expect(streamed).toBe(masker.mask(text));
          for (const secret of secrets) expect(streamed).not.toContain(secret);
          if (!secrets.some((secret) => text.includes(secret))) expect(streamed).toBe(text);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('shows exactly the characters that belong to no secret', () => {
    fc.assert(
      fc.property(fc.array(word(4, 6), { minLength: 1, maxLength: 3 }), word(0, 40), (secrets, text) => {
        const hidden = new Array<boolean>(text.length).fill(false);
        for (const secret of secrets) {
          for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1))
            hidden.fill(true, at, at + secret.length);
        }
        const expected = text
          .split('')
          .filter((_, i) => hidden[i] === false)
          .join('');
        expect(new SecretMasker(secrets).mask(text).replaceAll(secretMask, '')).toBe(expected);
      }),
    );
  });
});
