import { locksCheck, sudoCheck } from './preflight';

describe('the look before a change', () => {
  it.each<[string, string | null, string[], string, string]>([
    ['by sudo', 'uid=0\nuser=ops\n', [], 'ok', 'By sudo ops has the rights of root.'],
    ['as root', 'uid=0\nuser=\n', ['sudo'], 'ok', 'This program signs in as root.'],
    [
      'without them',
      'uid=1000\nuser=\n',
      [],
      'blocked',
      'This program does not have the rights of root on the machine.',
    ],
    ['and not seen', null, [], 'unknown', 'Which rights this program has on the machine could not be read.'],
    [
      'by the sudo that it removes',
      'uid=0\nuser=ops\n',
      ['a', 'sudo'],
      'blocked',
      'The change removes sudo, by which ops has the rights of root: nothing could be done there afterwards.',
    ],
  ])('says who has the rights of root: %s', (_case, sudo, removed, verdict, sentence) => {
    const found = sudoCheck({ sudo, removed });
    expect(found).toMatchObject({ code: 'sudo', verdict, sentence });
    expect(found.action !== null).toBe(verdict === 'blocked');
  });

  it.each([
    [null, 'unknown', 'Who holds the locks of apt and dpkg could not be read.'],
    ['', 'ok', 'Nobody holds a lock of apt or dpkg.'],
    ['/var/lib/dpkg/lock\t12\tdpkg\n', 'warning', '/var/lib/dpkg/lock is held by dpkg, process 12.'],
    ['/var/lib/dpkg/lock\t12\t\n', 'warning', '/var/lib/dpkg/lock is held by process 12.'],
    [
      '/var/lib/dpkg/lock\t12\tdpkg\n/var/lib/apt/lists/lock\t13\tapt-get\n/var/cache/apt/archives/lock\t14\t\n',
      'warning',
      'Locks of apt and dpkg are held: /var/lib/dpkg/lock (dpkg 12), /var/lib/apt/lists/lock (apt-get 13), ' +
        '/var/cache/apt/archives/lock (14).',
    ],
  ])('names every lock that is held: %j', (locks, verdict, sentence) => {
    expect(locksCheck({ locks })).toMatchObject({ code: 'locks', verdict, sentence });
  });
});
