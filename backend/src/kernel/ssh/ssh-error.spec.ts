import { SshError, sshErrorKinds } from './ssh-error';

describe('SshError', () => {
  it.each(sshErrorKinds)('%s has a sentence and a next step whatever is known', (kind) => {
    expect(kind).toMatch(/^[a-z][a-z0-9_]*$/);
    for (const details of [
      {},
      { host: 'h', port: 22, limitMs: 1000, limitBytes: 5, reason: 'r', serverText: '\x1b[31mred\n', offered: ['a'] },
    ]) {
      const error = new SshError(kind, 'run', details);
      expect(error.sentence).toMatch(/^\S.*[.…\w]$/);
      expect(error.sentence).not.toMatch(/undefined|NaN|\[object|\x1b|\n/);
      expect(error.whatToDo).toMatch(/\.$/);
    }
  });
});
