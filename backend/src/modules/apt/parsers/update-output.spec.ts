import {
  classifyRepositoryFailure,
  classifyRunFailure,
  failingHost,
  maskUserInfo,
  parseLockHolder,
} from './update-failures';
import { parseComplaints, parseUpdate } from './update-output';

describe('parseUpdate', () => {
  it('keeps the last word about a file, with all lines of its reason', () => {
    const stdout = [
      '# waiting: E: Could not get lock /var/lib/apt/lists/lock. It is held by process 12 (apt-get)',
      'Hit:1 http://h/repo base InRelease',
      'Get:2 http://h/repo plain InRelease [1,376 B]',
      'Ign:3 http://h/repo gone InRelease',
      'Err:2 http://h/repo plain InRelease',
      '  File has unexpected size (405 != 404). Mirror sync in progress? [IP: 192.0.2.1 80]',
      '  Hashes of expected file:',
      'Get:4 http://h/repo base/main amd64 Packages [9679 kB]',
      'Fetched 1 B in 0s (1 B/s)',
      '  not a reason',
    ].join('\n');
    expect(parseUpdate(stdout, '').items).toEqual([
      { state: 'hit', uri: 'http://h/repo', suite: 'base', file: 'InRelease', reason: null },
      {
        state: 'error',
        uri: 'http://h/repo',
        suite: 'plain',
        file: 'InRelease',
        reason:
          'File has unexpected size (405 != 404). Mirror sync in progress? [IP: 192.0.2.1 80]\nHashes of expected file:',
      },
      { state: 'ignored', uri: 'http://h/repo', suite: 'gone', file: 'InRelease', reason: null },
      { state: 'get', uri: 'http://h/repo', suite: 'base/main', file: 'amd64 Packages', reason: null },
    ]);
  });

  it('joins the lines of a complaint and tells each once', () => {
    expect(parseComplaints('noise of a hook\nW: first\n   more\nE: second\nE: second\nN: third\n')).toEqual([
      { level: 'warning', text: 'first\n   more' },
      { level: 'error', text: 'second' },
      { level: 'notice', text: 'third' },
    ]);
  });
});

describe('classification', () => {
  it.each([
    ['401  Unauthorized [IP: 192.0.2.1 80]', 'repo_401'],
    ['Failed to fetch http://h/status/500/x  403  Forbidden', 'repo_403'],
    ["404  Not Found\nThe repository 'x' does not have a Release file.", 'repo_404'],
    ['503  Service Unavailable', 'repo_5xx'],
    ['407  Proxy Authentication Required', 'proxy_auth'],
    ['Hash Sum mismatch', 'repo_hash_mismatch'],
    ["GPG error: x InRelease: NO_PUBKEY 41F6\nThe repository 'x' is not signed.", 'repo_key_missing'],
    [
      'Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key D15C, which is needed to verify signature.',
      'repo_key_missing',
    ],
    ['The following signatures were invalid: EXPKEYSIG 8B57 Example', 'repo_key_expired'],
    [
      'error message is: Signing key on 8B57 is not bound: SHA1 is not considered secure since 2026-02-01',
      'repo_key_rejected',
    ],
    ['The following signatures were invalid: BADSIG 8B57', 'repo_bad_signature'],
    ["Clearsigned file isn't valid, got 'NOSPLIT' (does the network require authentication?)", 'repo_bad_signature'],
    ['Certificate verification failed: The certificate is NOT trusted.', 'repo_tls'],
    ["Repository 'x' changed its 'Suite' value from 'stable' to 'oldstable'", 'repo_release_info_changed'],
    ['Release file for x is expired (invalid since 1d 2h). Updates will not be applied.', 'repo_release_expired'],
    ['Release file for x is not valid yet (invalid for another 1d).', 'repo_release_future'],
    ['Could not connect to h:80 (192.0.2.1), connection timed out', 'repo_timeout'],
    ['Connection failed [IP: 192.0.2.1 80]', 'repo_timeout'],
    ['Could not connect to h:80 (192.0.2.1). - connect (111: Connection refused)', 'repo_refused'],
    [
      'Cannot initiate the connection to h:80 (2001:db8::1). - connect (101: Network is unreachable)',
      'repo_unreachable',
    ],
    ["Temporary failure resolving 'h'", 'repo_dns'],
    ['Error reading from server. Remote end closed connection', 'repo_connection_lost'],
    ["The repository 'x Release' is not signed.", 'repo_unsigned'],
    ["Temporary failure resolving 'tls.example'", 'repo_dns'],
    ['Could not connect to certificate.example:80 (192.0.2.1). - connect (111: Connection refused)', 'repo_refused'],
    ["The repository 'https://gnutls.example/tls x Release' does not have a Release file.", 'repo_unsigned'],
    ['Something new', 'repo_failed'],
  ])('%s', (text, kind) => {
    expect(classifyRepositoryFailure(text)).toBe(kind);
  });

  it.each([
    ['E: dpkg was interrupted, you must manually run', 'dpkg_interrupted'],
    ['E: Write error - write (28: No space left on device)', 'no_space'],
    ['E: List directory /var/lib/apt/lists/partial is missing. - Acquire (30: Read-only file system)', 'read_only_fs'],
    ["E: Type 'x' is not known on line 1 in source list\nE: The list of sources could not be read.", 'sources_invalid'],
    [
      'E: Could not get lock /x - open (11: Resource temporarily unavailable)\nE: Unable to lock directory /',
      'apt_lock_busy',
    ],
    ['E: Could not open lock file /x - open (13: Permission denied)\nE: Unable to lock directory /', 'permission'],
    ['E: Could not open lock file /x - open (1: Operation not permitted)\nE: Unable to acquire x', 'permission'],
    ['E: Could not open lock file /x - open (28: No space left on device)\nE: Unable to acquire x', 'no_space'],
    ['E: Could not open lock file /x - open (30: Read-only file system)\nE: Unable to lock x', 'read_only_fs'],
    ['E: Could not open lock file /x - open (2: No such file or directory)\nE: Unable to lock x', null],
    ['dpkg: error: requested operation requires superuser privilege', 'permission'],
    ['E: List directory /var/lib/apt/lists/partial is missing. - Acquire (13: Permission denied)', 'permission'],
    ['W: Download is performed unsandboxed as root. - pkgAcquire::Run (13: Permission denied)', null],
    ['anything', null],
  ])('of the run: %s', (text, kind) => {
    expect(classifyRunFailure(text)).toBe(kind);
  });
});

it.each([
  ['E: Could not get lock /var/lib/apt/lists/lock. It is held by process 12 (apt-get)', { pid: 12, name: 'apt-get' }],
  ['E: Could not get lock /var/lib/apt/lists/lock. It is held by process 12', { pid: 12, name: null }],
  ['dpkg: error: dpkg frontend lock was locked by another process with pid 34', { pid: 34, name: null }],
  [
    'dpkg: error: dpkg frontend lock was locked by /usr/bin/perl process with pid 34',
    { pid: 34, name: '/usr/bin/perl' },
  ],
  ['E: Could not get lock /x - open (11: Resource temporarily unavailable)', { pid: null, name: null }],
  ['E: something else', null],
])('finds the holder of a lock in %s', (text, holder) => {
  expect(parseLockHolder(text)).toEqual(holder);
});

it('finds the host that a network failure names', () => {
  expect(failingHost("Could not resolve 'Archive.invalid'")).toEqual({ host: 'archive.invalid', port: null });
  expect(failingHost('Unable to connect to 127.0.0.1:9:')).toEqual({ host: '127.0.0.1', port: 9 });
  expect(failingHost('401  Unauthorized')).toBeNull();
});

it('masks credentials in every URL', () => {
  expect(maskUserInfo("see https://user:p%40ss@h/x and 'http://token@h' and mail a@b")).toBe(
    "see https://***@h/x and 'http://***@h' and mail a@b",
  );
});
