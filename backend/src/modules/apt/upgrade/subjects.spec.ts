import { SecretMasker } from '../../../kernel/logging/secret-masker';
import { aptError } from '../analysis/errors';
import { quoted } from '../../../kernel/sentences/sentences';
import { namedSubjects } from './subjects';

const masker = new SecretMasker(['debian', 'raspberry']);
const masked = (text: string): string => masker.mask(text);
const about = (subject: string | null) => aptError('file_conflict', 'error', quoted('It is.'), [], subject);

it.each<[string | null, string | null]>([
  ['•••-goodies', 'debian-goodies'],
  ['•••-goodies_0.88_all.deb', 'debian-goodies_0.88_all.deb'],
  ['••••••utils', '••••••utils'],
  ['•••-kernel', '•••-kernel'],
  ['•••', '•••'],
  ['plain', 'plain'],
  [null, null],
])('an error about %j is about %j', (said, name) => {
  const names = () => ['debian-goodies', 'debian-kernel', 'raspberry-kernel', 'plain', 'debian-goodies'];
  expect(namedSubjects([about(said)], names, masked)).toEqual([about(name)]);
  expect(namedSubjects([about(said)], names, undefined)).toEqual([about(said)]);
});
