import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { EnvelopeError, keyIdOf } from './envelope';
import { createKeyring, keyringFile, loadKeyring, parseKeyring } from './keyring';

const bytes = (fill: number): string => Buffer.alloc(32, fill).toString('base64');
const place = { table: 'machine_credentials', rowId: 'a', column: 'enc_password' };

describe('Keyring', () => {
  const ring = parseKeyring(`k2:${bytes(2)}\nk1:${bytes(1)}`);

  it('brings back every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => ring.decrypt(place, ring.encrypt(place, text)) === text),
    );
  });

  it('encrypts with the first key and still reads the older one', () => {
    expect(keyIdOf(ring.encrypt(place, 'x'))).toBe('k2');
    const old = parseKeyring(`k1:${bytes(1)}`).encrypt(place, 'older');
    expect(ring.decrypt(place, old)).toBe('older');
  });

  it('knows a text that it signed, also by an older key, and nothing else', () => {
    const signature = ring.sign('a', 'x');
    expect(signature).toMatch(/^sumac:1:k2:[0-9a-f]{64}$/);
    expect(ring.verify('a', 'x', signature)).toBe(true);
    expect(ring.verify('a', 'x', parseKeyring(`k1:${bytes(1)}`).sign('a', 'x'))).toBe(true);
    expect(ring.verify('a', 'y', signature)).toBe(false);
    expect(ring.verify('b', 'x', signature)).toBe(false);
    expect(ring.verify('a', 'x', signature.replace(':k2:', ':k1:'))).toBe(false);
    expect(ring.verify('a', 'x', parseKeyring(`k2:${bytes(3)}`).sign('a', 'x'))).toBe(false);
    expect(ring.verify('a', 'x', '')).toBe(false);
  });

  it.each([
    { ...place, rowId: 'b' },
    { ...place, column: 'enc_sudo_password' },
    { ...place, table: 'other' },
  ])('does not open in another place %#', (other) => {
    expect(() => ring.decrypt(other, ring.encrypt(place, 'x'))).toThrow(EnvelopeError);
  });

  it('does not open when any character was changed', () => {
    const envelope = ring.encrypt(place, 'secret');
    const at = envelope.length - 8;
    const changed = envelope.slice(0, at) + (envelope[at] === 'A' ? 'B' : 'A') + envelope.slice(at + 1);
    expect(() => ring.decrypt(place, changed)).toThrow(EnvelopeError);
  });

  it('names a missing key', () => {
    const envelope = parseKeyring(`gone:${bytes(9)}`).encrypt(place, 'x');
    expect(() => ring.decrypt(place, envelope)).toThrow('"gone"');
  });

  it.each(['', 'k1:short', `K1:${bytes(1)}`, `k1:${bytes(1)}\nk1:${bytes(2)}`])('refuses the ring %#', (text) => {
    expect(() => parseKeyring(text)).toThrow();
  });

  it('keeps a new key in a file that only its owner reads, made once', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'su-keys-'));
    try {
      expect(loadKeyring(undefined, folder)).toBeUndefined();
      const [first, second] = await Promise.all([createKeyring(folder), createKeyring(folder)]);
      expect(second.decrypt(place, first.encrypt(place, 'same key'))).toBe('same key');
      expect(statSync(keyringFile(folder)).mode & 0o777).toBe(0o600);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
