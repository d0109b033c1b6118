import type { AptErrorKind } from '../contracts/apt-error-kinds';

// In this order: what the server said, then what is wrong with the signature, then the network. "is not signed" follows
// most other failures of a Release file, so it says something only when nothing else did.
const REPOSITORY_FAILURES: readonly (readonly [RegExp, AptErrorKind])[] = [
  [/(?:^|\s\s)401\s\s/m, 'repo_401'],
  [/(?:^|\s\s)407\s\s/m, 'proxy_auth'],
  [/(?:^|\s\s)(?:402|403|451)\s\s/m, 'repo_403'],
  [/(?:^|\s\s)(?:404|410)\s\s/m, 'repo_404'],
  [/(?:^|\s\s)(?:429|5\d\d)\s\s/m, 'repo_5xx'],
  [/Hash Sum mismatch|unexpected size|Hashes of expected file/, 'repo_hash_mismatch'],
  [/changed its '[^']+' value from/, 'repo_release_info_changed'],
  [/is expired \(invalid since/, 'repo_release_expired'],
  [/is not valid yet \(invalid for/, 'repo_release_future'],
  [/EXPKEYSIG|KEYEXPIRED|EXPSIG|signature(?:s)? .*expired|key .*expired|not live/i, 'repo_key_expired'],
  [/NO_PUBKEY|Missing key|public key is not available/, 'repo_key_missing'],
  [
    /SHA-?1 is not considered secure|weak (?:digest|algorithm|security)|Policy rejected|not bound/i,
    'repo_key_rejected',
  ],
  [
    /BADSIG|REVKEYSIG|NOSPLIT|Message has been manipulated|Clearsigned file isn't valid|signatures were invalid/,
    'repo_bad_signature',
  ],
  [/certificate|\bTLS\b|SSL connection|gnutls|handshake/i, 'repo_tls'],
  [/Connection timed out|timed out|Connection failed|Timeout was reached/i, 'repo_timeout'],
  [/Connection refused/, 'repo_refused'],
  [/Network is unreachable|No route to host|Host is down/, 'repo_unreachable'],
  [/Could not connect|Unable to connect|Cannot initiate the connection/, 'repo_refused'],
  [/Could not resolve|Temporary failure resolving|Something wicked happened resolving/, 'repo_dns'],
  [
    /Error reading from server|Remote end closed|reset by peer|Undetermined Error|closed the connection/i,
    'repo_connection_lost',
  ],
  [/is not signed|does not have a Release file/, 'repo_unsigned'],
];

// What archives, files and hosts are called says nothing of what went wrong with them.
const NAMES = [/\b()[a-z][a-z0-9+.-]*:\/\/[^\s']+/gi, /(resolv(?:e|ing) )'[^']*'/gi, /(connect(?:ion)? to )\S+/gi];

/** What kind of failure a repository's lines (several may be joined with line ends) speak of; `repo_failed`: none known. */
export function classifyRepositoryFailure(text: string): AptErrorKind {
  const said = NAMES.reduce((left, name) => left.replace(name, '$1'), text);
  return REPOSITORY_FAILURES.find(([pattern]) => pattern.test(said))?.[1] ?? 'repo_failed';
}

/** Opening the file of a lock failed: apt names the number of the reason, older ones of a lock that somebody holds too. */
const LOCK_REASON = /^E: Could not (?:open lock file|get lock) .* - open \((\d+): /m;
const LOCK_REASONS: Readonly<Record<string, AptErrorKind>> = {
  1: 'permission',
  11: 'apt_lock_busy',
  13: 'permission',
  28: 'no_space',
  30: 'read_only_fs',
};
/** What apt says of every lock that it has not got, whatever the reason was. */
const LOCK_MISSED = /^E: Unable to (?:lock|acquire) .*$/gm;

// Failures of the whole command, by whichever apt command they were printed.
const RUN_FAILURES: readonly (readonly [RegExp, AptErrorKind])[] = [
  [/could not get lock|unable to (?:lock|acquire)|lock was locked by/i, 'apt_lock_busy'],
  [/system-update: proxy_invalid/, 'proxy_invalid'],
  [/system-update: repair_differs/, 'repair_differs'],
  [
    /The list of sources could not be read|Malformed entry|Malformed stanza|Conflicting values set for option/,
    'sources_invalid',
  ],
  [/dpkg was interrupted/, 'dpkg_interrupted'],
  [/Unmet dependencies|--fix-broken install/, 'unmet_dependencies'],
  [/you have held broken packages/, 'held_broken'],
  [/No space left on device|not enough free (?:disk )?space|don't have enough free space/i, 'no_space'],
  [/Read-only file system/i, 'read_only_fs'],
  // Warnings speak of files that the unprivileged fetcher may not read, which is no failure.
  [/^E: .*\((?:13: Permission denied|1: Operation not permitted)\)/m, 'permission'],
  [/^dpkg: error: .*(?:superuser privilege|: Permission denied$|: Operation not permitted$)/m, 'permission'],
];

/** The failure of a whole apt command, or null when its lines name none. */
export function classifyRunFailure(stderr: string): AptErrorKind | null {
  const reason = LOCK_REASON.exec(stderr)?.[1];
  if (reason !== undefined && reason in LOCK_REASONS) return LOCK_REASONS[reason] ?? null;
  const said = reason === undefined ? stderr : stderr.replace(LOCK_MISSED, '');
  return RUN_FAILURES.find(([pattern]) => pattern.test(said))?.[1] ?? null;
}

/** Chosen packages of which the machine has none of that name, in the words of `apt-transaction.sh`. */
export function notInstalledPackages(text: string): string[] {
  return [...text.matchAll(/^system-update: package_not_installed (\S+)$/gm)].map(([, name = '']) => name);
}

export interface LockHolder {
  pid: number | null;
  name: string | null;
}

/**
 * Who holds the lock, in the words of apt since 2.0 (`It is held by process 12 (apt-get)`) and of dpkg (bookworm: `locked by
 * another process with pid 12`, trixie: `locked by /usr/bin/perl process with pid 12`). Null: the text speaks of no lock.
 */
export function parseLockHolder(stderr: string): LockHolder | null {
  const apt = /It is held by process (\d+)(?: \(([^)]*)\))?/.exec(stderr);
  if (apt !== null) return { pid: Number(apt[1]), name: apt[2] ?? null };
  const dpkg = /locked by (another|\S+) process with pid (\d+)/.exec(stderr);
  if (dpkg !== null) return { pid: Number(dpkg[2]), name: dpkg[1] === 'another' ? null : (dpkg[1] ?? null) };
  return classifyRunFailure(stderr) === 'apt_lock_busy' ? { pid: null, name: null } : null;
}

/** `host` and `host:port` that a network failure names, lower case; null when it names none. */
export function failingHost(reason: string): { host: string; port: number | null } | null {
  const resolve = /(?:Could not resolve|Temporary failure resolving|resolving) '([^']+)'/.exec(reason);
  if (resolve?.[1] !== undefined) return { host: resolve[1].toLowerCase(), port: null };
  const connect =
    /(?:Could not connect to|Unable to connect to|Cannot initiate the connection to) (\S+?):(\d+)[:\s]/.exec(
      `${reason} `,
    );
  return connect?.[1] === undefined ? null : { host: connect[1].toLowerCase(), port: Number(connect[2]) };
}

/** Masks user info in every URL of a text: sources may carry passwords. */
export function maskUserInfo(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s'"]+@/gi, '$1***@');
}
