import { generateKeyPairSync } from 'node:crypto';
import { ed25519KeyPair } from '../../../test/support/key-pairs';
import { privateKeyProblem } from './private-key';

const PASSPHRASE = 'a good passphrase';

describe('privateKeyProblem', () => {
  const plain = ed25519KeyPair();
  const sealed = ed25519KeyPair({ passphrase: PASSPHRASE, cipher: 'aes256-ctr', rounds: 16 });

  it('takes keys that can be read', () => {
    expect(privateKeyProblem(plain.private, undefined)).toBeUndefined();
    expect(privateKeyProblem(sealed.private, PASSPHRASE)).toBeUndefined();
    const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' });
    expect(privateKeyProblem(pem.toString(), undefined)).toBeUndefined();
  });

  it('asks for a passphrase, and tells a wrong one', () => {
    expect(privateKeyProblem(sealed.private, undefined)).toMatchObject({ field: 'keyPassphrase' });
    expect(privateKeyProblem(sealed.private, 'another one')).toEqual({
      field: 'keyPassphrase',
      message: 'The passphrase does not open this key.',
    });
  });

  it.each(['', 'nonsense', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----'])(
    'refuses %j',
    (text) => {
      expect(privateKeyProblem(text, undefined)).toMatchObject({ field: 'privateKey' });
    },
  );

  it('tells a public key and PKCS#8 apart from rubbish', () => {
    expect(privateKeyProblem(plain.public, undefined)?.message).toContain('public key');
    const pkcs8 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    expect(privateKeyProblem(pkcs8.toString(), undefined)?.message).toContain('PKCS#8');
  });

  it('refuses a key whose passphrase would block everything for seconds', () => {
    const [head, body, tail] = /^(-----BEGIN[^\n]+\n)([\s\S]+?)(-----END[\s\S]+)$/.exec(sealed.private)?.slice(1) ?? [];
    const bytes = Buffer.from(body ?? '', 'base64');
    const options = bytes.indexOf('bcrypt') + 'bcrypt'.length;
    bytes.writeUInt32BE(100_000, options + 4 + bytes.readUInt32BE(options) - 4);
    const slow = `${head ?? ''}${bytes.toString('base64')}\n${tail ?? ''}`;
    expect(privateKeyProblem(slow, PASSPHRASE)?.message).toContain('100000 rounds');
  });

  it('never repeats the key', () => {
    const broken = plain.private.replace(/[A-Z]{3}/g, 'zzz');
    expect(JSON.stringify(privateKeyProblem(broken, undefined))).not.toContain(broken.slice(60, 80));
  });
});
