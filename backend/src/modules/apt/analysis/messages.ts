import type { AptMessage, LeftBackPackage, PackageChange, Repository } from '../contracts/apt-update-analyze.v1';
import { maskUserInfo } from '../parsers/update-failures';
import type { Complaint } from '../parsers/update-output';
import { say } from '../apt.sentences';

type Kind = Pick<AptMessage, 'category' | 'severity' | 'code'>;

// What apt says beside failures. Failures of repositories are errors, not messages.
const NOTICES: readonly (readonly [RegExp, Kind])[] = [
  [
    /is configured multiple times/,
    { category: 'repository_notice', severity: 'warning', code: 'source_configured_twice' },
  ],
  [/doesn't have the component/, { category: 'repository_notice', severity: 'warning', code: 'component_missing' }],
  [
    /doesn't support architecture/,
    { category: 'repository_notice', severity: 'info', code: 'architecture_not_offered' },
  ],
  [/legacy trusted\.gpg keyring/, { category: 'deprecation', severity: 'warning', code: 'legacy_keyring' }],
  [/Missing Signed-By/, { category: 'deprecation', severity: 'info', code: 'signed_by_missing' }],
  [
    /will (?:be )?reject(?:ed)?|not considered secure since|Policy will reject/i,
    { category: 'future_major_change', severity: 'warning', code: 'signature_will_be_rejected' },
  ],
  [
    /weak (?:digest|security|algorithm)|insufficiently signed/i,
    { category: 'security_notice', severity: 'warning', code: 'weak_signature' },
  ],
  [
    /is not signed|unauthenticated|insecure repository/i,
    { category: 'security_notice', severity: 'warning', code: 'repository_not_authenticated' },
  ],
  [
    /changed its '[^']+' value from/,
    { category: 'repository_notice', severity: 'warning', code: 'release_info_changed' },
  ],
  [/invalid filename extension/, { category: 'repository_notice', severity: 'info', code: 'source_file_ignored' }],
];

const FAILURES =
  /^(?:Failed to fetch|Some index files failed|GPG error|OpenPGP signature verification failed|An error occurred during the signature)/;

/** What is known of words of apt; undefined where nothing is. */
export function noticeKind(text: string): Kind | undefined {
  return NOTICES.find(([pattern]) => pattern.test(text))?.[1];
}

function noticeOf(complaint: Complaint, failing: readonly Repository[]): AptMessage[] {
  if (complaint.level === 'error' || FAILURES.test(complaint.text)) return [];
  const known = noticeKind(complaint.text);
  if (known === undefined && complaint.level === 'notice') return [];
  if (failing.some(({ uri, suite }) => complaint.text.includes(`${uri} ${suite} `))) return [];
  const kind = known ?? { category: 'warning', severity: 'warning', code: 'apt_warning' };
  const component = /'(\S+ \S+) (?:In)?Release'/.exec(complaint.text)?.[1] ?? null;
  return [{ ...kind, package_name: null, component, message: maskUserInfo(complaint.text).slice(0, 500) }];
}

/** One message per code and repository: apt repeats itself for every index file. */
function firstOfEach(messages: readonly AptMessage[]): AptMessage[] {
  const seen = new Set<string>();
  return messages.filter((message) => {
    const key = `${message.code} ${message.component ?? ''} ${message.package_name ?? ''} ${message.code === 'apt_warning' ? message.message : ''}`;
    return !seen.has(key) && seen.add(key);
  });
}

const OLD_DAYS = 365;
const DAY_MS = 86_400_000;

function oldRepositories(repositories: readonly Repository[], measuredAt: Date): AptMessage[] {
  return repositories.flatMap(({ uri, suite, release_date: date }) => {
    const days = date === null ? 0 : Math.floor((measuredAt.getTime() - Date.parse(date)) / DAY_MS);
    if (days < OLD_DAYS || date === null) return [];
    const message = say.repository_old({ repository: `${uri} ${suite}`, date: date.slice(0, 10), days });
    return [
      {
        category: 'repository_notice',
        severity: 'warning',
        code: 'repository_not_updated',
        package_name: null,
        component: `${uri} ${suite}`,
        message,
      } as const,
    ];
  });
}

function securityLeftBack(leftBack: readonly LeftBackPackage[]): AptMessage[] {
  return leftBack
    .filter((entry) => entry.security === true && entry.left_by.length === 3)
    .map((entry) => ({
      category: 'security_notice',
      severity: 'warning',
      code: 'security_update_left_back',
      package_name: entry.name,
      component: null,
      message: say.security_left_back({ name: entry.name, version: entry.available_version, why: entry.detail }),
    }));
}

function downgrades(changes: readonly PackageChange[]): AptMessage[] {
  return changes
    .filter((change) => change.operation === 'downgrade')
    .map((change) => ({
      category: 'warning',
      severity: 'warning',
      code: 'downgrade_planned',
      package_name: change.name,
      component: null,
      message: say.downgrade_planned({
        name: change.name,
        to: change.to_version ?? '',
        from: change.from_version ?? '',
      }),
    }));
}

/** Everything that people should read although no count shows it. */
export function messagesOf(input: {
  complaints: readonly Complaint[];
  repositories: readonly Repository[];
  changes: readonly PackageChange[];
  leftBack: readonly LeftBackPackage[];
  measuredAt: Date;
}): AptMessage[] {
  const failing = input.repositories.filter(({ result }) => result === 'failed');
  return firstOfEach([
    ...input.complaints.flatMap((complaint) => noticeOf(complaint, failing)),
    ...oldRepositories(input.repositories, input.measuredAt),
    ...securityLeftBack(input.leftBack),
    ...downgrades(input.changes),
  ]);
}
