import { hostKey } from '../../../test/support/fake-ssh';
import type { HostKeyStatus } from './entities/credentials.values';
import { judgeShownKeys, type KnownHostKey } from './host-key-judgement';

const ed = hostKey('first');
const otherEd = hostKey('second');
const rsa = hostKey('third', 'ssh-rsa');
const known = (status: HostKeyStatus, key = ed): KnownHostKey => ({ ...key, status });

describe('judgeShownKeys', () => {
  it.each<[string, KnownHostKey[], (typeof ed)[], HostKeyStatus[], boolean[]?]>([
    ['nothing is stored', [], [ed, rsa], ['unknown', 'unknown']],
    ['it waits already', [known('unknown')], [ed], ['unknown']],
    ['it was rejected and nothing else approved', [known('rejected')], [ed], ['rejected']],
    ['it is approved', [known('approved')], [ed], ['approved']],
    ['approved, and one of another type beside it', [known('approved')], [ed, rsa], ['approved', 'unknown']],
    [
      'approved, and one of the same type beside it',
      [known('approved')],
      [ed, otherEd],
      ['approved', 'changed'],
      [false, true],
    ],
    ['another of the same type in its place', [known('approved')], [otherEd], ['changed'], [true]],
    ['another type in its place', [known('approved')], [rsa], ['changed'], [true]],
    [
      'a rejected one in place of the approved',
      [known('approved'), known('rejected', otherEd)],
      [otherEd],
      ['rejected'],
      [true],
    ],
    [
      'a rejected one in place of the approved, and a new one of the same server',
      [known('approved'), known('rejected', otherEd)],
      [otherEd, rsa],
      ['rejected', 'rejected'],
      [true, true],
    ],
    [
      'a rejected one of another type beside it',
      [known('approved'), known('rejected', rsa)],
      [ed, rsa],
      ['approved', 'rejected'],
    ],
    [
      'an approved RSA key under its signature name',
      [{ ...rsa, keyType: 'rsa-sha2-512', status: 'approved' }],
      [rsa],
      ['approved'],
    ],
  ])('%s', (_case, stored, shown, statuses, displaces = statuses.map(() => false)) => {
    const expected = statuses.map((status, index) => ({ status, displaces: displaces[index] }));
    expect(judgeShownKeys(stored, shown)).toEqual(expected);
  });
});
