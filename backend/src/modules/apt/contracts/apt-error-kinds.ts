import { sentences, type Sentence } from '../../../kernel/sentences/sentences';

/**
 * Every class of failure that an apt analysis or run can name (`apt_errors.kind`), with the safe thing to do about it.
 * `repo_*` concern one repository; the others the machine or the run.
 */
const remediations = sentences('apt_remediation', {
  apt_lock_busy:
    'Another package manager is at work. Wait until it has finished and analyse again; never delete the lock.',
  dpkg_interrupted:
    'A dpkg run was cut off. Run the repair (dpkg --configure -a with the conffile options, then apt-get -f install, simulated first).',
  packages_broken: 'Repair the packages that are only half installed or configured before upgrading.',
  unmet_dependencies:
    'Simulate apt-get -f install and look at what it would change before letting it repair the dependencies.',
  no_repositories: 'No package source is configured. Add one under /etc/apt/sources.list.d.',
  no_index: 'There is no package list on the machine. Make one refresh succeed before trusting any count.',
  sources_invalid: 'Correct the source file that apt names; until then apt can do nothing at all.',
  refresh_timed_out:
    'The refresh did not end within its time. Look for the repository that does not answer, correct or disable its source, then analyse again.',
  refresh_failed: 'Read the lines of apt, correct their cause and analyse again.',
  proxy_invalid: 'Correct the proxy address of this machine in its settings.',
  proxy_unreachable: 'Check that the proxy runs and can be reached from the machine, or change the proxy mode.',
  proxy_auth: 'The proxy asks for other credentials. Correct the proxy address of this machine in its settings.',
  no_space:
    'Free space where the file or folder is that is named; where none is, df -h shows which file system is full. Old kernels, apt-get clean and logs are the places to look. Then analyse again.',
  no_space_boot:
    'There is no room for kernels on /boot. Remove old kernels (apt-get autoremove, simulated first), never the running one, then repair dpkg.',
  no_inodes:
    'The file system has room, but no inode is left for another file. Find the folder with very many small files and clear it.',
  read_only_fs:
    'The file system is mounted read-only, often a failing disk or SD card. Check the disk before anything else.',
  permission:
    'The account, or what confines it, may not write what apt has to write. Let it use sudo for apt, and look at the rights and attributes (lsattr) of the path that is named.',
  repo_401: 'The repository asks for a login. Enter its credentials, or use the repository that needs no subscription.',
  repo_403: 'The repository refuses this machine. Check the subscription or the address it allows.',
  repo_404:
    'The repository no longer has this suite. Correct the suite, or move it to the archive if the release has ended.',
  repo_archived:
    'The release has ended, and its publisher keeps it among old releases, without security updates. Plan the way to a maintained release; until then name that archive as the source.',
  repo_5xx: 'The server has a fault of its own. Try later or choose another mirror.',
  repo_timeout: 'The repository does not answer. Check the server and the network between, or choose another mirror.',
  repo_dns: 'The name of the repository cannot be resolved. Check the DNS settings of the machine.',
  repo_refused: 'Nothing listens at the address of the repository. Check address, port and firewall.',
  repo_unreachable: 'There is no way to the repository. Check the routes and the firewall of the machine.',
  repo_connection_lost: 'The transfer broke off. Analyse again; choose another mirror if it happens often.',
  repo_tls:
    'The certificate of the repository is not accepted. Check the clock and the ca-certificates package of the machine.',
  repo_key_missing: 'Install the signing key of this repository from its publisher and name it with Signed-By.',
  repo_key_expired: 'Fetch the renewed signing key of this repository from its publisher.',
  repo_key_rejected: 'The signature uses an algorithm that is no longer accepted. Ask the publisher for a new key.',
  repo_bad_signature:
    'The signature does not match: a captive portal, a broken mirror or tampering. Do not install anything from it.',
  repo_unsigned:
    'The repository is not signed and is therefore not used. Ask its publisher for a signature, or remove it.',
  repo_release_expired:
    'The index is older than its publisher allows: a dead mirror or a wrong clock. Check the clock, then the mirror.',
  repo_release_future: 'The index claims to come from the future. Check the clock of the machine.',
  repo_release_info_changed:
    'The repository changed its name or suite. Check that this is expected, then accept it with apt-get update --allow-releaseinfo-change.',
  repo_hash_mismatch:
    'The mirror is being updated or a proxy serves old files. Try again in some minutes, then change the mirror.',
  repo_failed: 'Read the line of apt and correct its cause.',
  maintainer_script_failed:
    'Look at the lines before the failure, correct their cause on the machine, then repair dpkg (dpkg --configure -a).',
  container_refused:
    'Let the host of the container allow what the script needs, or leave the package out; then repair dpkg (dpkg --configure -a).',
  archive_refused:
    'dpkg does not take this package as it is. Leave it out, ask its publisher for a proper one, and repair dpkg if others wait for it.',
  file_conflict:
    'Two packages claim the same file. Leave the new one out until its publisher has corrected it, or remove the other.',
  conffile_question:
    'Repair dpkg with the conffile options (dpkg --force-confdef --force-confold --configure -a), then merge the new file by hand.',
  deb_404: 'The package lists are older than the repository. Refresh them with an analysis, then plan again.',
  removal_refused:
    'The upgrade would remove a package that the plan does not name. Plan again and confirm the removal.',
  package_not_installed:
    'Name packages exactly as they are installed, without patterns, versions or signs at the end, and plan again.',
  downgrade_refused:
    'The upgrade would go back to an older version that the plan does not name. Plan again and confirm it.',
  held_packages: 'The upgrade would change a package on hold. Lift the hold, or plan without it.',
  held_broken:
    'What was asked for cannot be done as the packages stand: a hold, a pin or a missing version is against it. Look at the packages that apt names; leave them out, or lift what holds them.',
  essential_removal: 'The upgrade would remove an essential package. Do not force it: look at the repositories.',
  repair_differs: 'Plan the repair again: configuring the packages has changed what is left to do.',
  simulation_failed: 'Read the lines of apt, correct their cause and plan again.',
  unknown: 'Read the lines of the log; the cause is none that is known here.',
  answer_incomplete: 'Analyse again; if it repeats, look at the log of the job.',
  answer_unreadable:
    'The answer could not be understood, so it was not used. Keep the log: it is needed to correct the reader.',
});

export type AptErrorKind = keyof typeof remediations;

export const APT_ERROR_KINDS = Object.keys(remediations) as readonly AptErrorKind[];

export const isAptErrorKind = (kind: string): kind is AptErrorKind => Object.hasOwn(remediations, kind);

/** The plain sentence stored as `apt_errors.remediation`. */
export function remediationOf(kind: AptErrorKind): Sentence {
  return remediations[kind]();
}

/** What else would take the error away, and at what price. Nothing of it is offered, and none of it is ever done here. */
const risks = sentences('apt_risk', {
  apt_lock_busy: 'Ending the other program leaves packages half installed; dpkg has to be repaired after it.',
  archive_refused:
    'dpkg --force-bad-version installs it nevertheless; whatever compares versions may misjudge it from then on.',
  container_refused: 'A privileged container has the rights of root on its host, whatever runs in it.',
  conffile_question: '--force-confnew takes the new file, and what was changed on this machine is lost.',
  deb_404: '--fix-missing installs the others, and may leave packages apart that belong together.',
  downgrade_refused:
    '--allow-downgrades goes back without anybody having looked; data of the newer version may be unreadable.',
  dpkg_interrupted: 'dpkg --remove --force-remove-reinstreq throws the half installed package away, whatever needs it.',
  essential_removal: '--allow-remove-essential can leave a machine that does not start.',
  file_conflict: '--force-overwrite takes the file from the other package, which may then fail.',
  held_broken: 'Removing what stands against it takes packages away that somebody wanted as they are.',
  held_packages: '--allow-change-held-packages goes against whoever put them on hold.',
  maintainer_script_failed:
    'Emptying the script under /var/lib/dpkg/info lets dpkg go on; the package is then not set up as its makers meant.',
  no_space_boot: 'Deleting files of /boot by hand makes room at once; neither dpkg nor the boot loader knows of it.',
  read_only_fs: 'Mounting it writable again without a check can destroy what is left on a failing disk.',
  removal_refused: 'Without --no-remove apt removes whatever stands in its way.',
  repo_archived:
    'Acquire::Check-Valid-Until=false for all sources, as many guides for old releases say, takes old lists from the others too.',
  repo_bad_signature:
    '[trusted=yes] takes what somebody has changed on the way as readily as what the repository signed.',
  repo_key_expired:
    '[trusted=yes] gives up every proof for the sake of a date: anybody can answer in place of the repository.',
  repo_key_missing: '[trusted=yes] asks for no key at all: anybody can answer in place of the repository.',
  repo_release_expired:
    'Acquire::Check-Valid-Until=false takes old lists: security updates can be kept from the machine unseen.',
  repo_release_info_changed: 'Accepting the change for all repositories accepts those that nobody has looked at.',
  repo_unsigned: '[trusted=yes] takes packages from anybody who answers in place of the repository.',
  unmet_dependencies: 'apt-get -f install without a simulation may remove what others need.',
  no_inodes:
    'Deleting very many files unseen makes room for others, and may take mail, sessions or caches that programs count on.',
  no_space:
    'Deleting files below /var/lib or /usr by hand makes room at once, and may take what programs and dpkg need.',
  packages_broken: 'dpkg --remove --force-depends takes the package away and leaves whatever needs it broken.',
  permission:
    'Opening the folders of apt and dpkg to others (chmod, chown) lets any program of theirs change what runs as root.',
  proxy_around: 'Fetching around the proxy goes against whoever put it there, and past what it checks.',
  repo_404: 'Naming the suite of another release brings packages that do not belong to this one.',
  repo_hash_mismatch: 'dpkg -i installs a file that was fetched by hand without anybody comparing what it holds.',
  repo_key_rejected: 'Allowing the old algorithm again lets whoever can forge it sign for every repository.',
  repo_release_future:
    'Acquire::Check-Date=false takes lists of any time: nobody can tell any more which are the newest.',
  repo_tls:
    'Acquire::https::Verify-Peer=false takes any server for the repository: whoever stands between can read and answer.',
  repository_left_out:
    'Leaving the repository out lets the others be refreshed; its updates, those of security too, are missed unseen from then on.',
  source_moved_away:
    'Moving the file away lets apt work again, without the updates of the repositories that stand in it.',
});

/** Where the way has no name of its own. */
const OTHERWISE: Partial<Readonly<Record<AptErrorKind, keyof typeof risks>>> = {
  proxy_auth: 'proxy_around',
  proxy_unreachable: 'proxy_around',
  refresh_timed_out: 'repository_left_out',
  repo_401: 'repository_left_out',
  repo_403: 'repository_left_out',
  repo_5xx: 'repository_left_out',
  repo_connection_lost: 'repository_left_out',
  repo_dns: 'repository_left_out',
  repo_failed: 'repository_left_out',
  repo_refused: 'repository_left_out',
  repo_timeout: 'repository_left_out',
  repo_unreachable: 'repository_left_out',
  sources_invalid: 'source_moved_away',
};

/** Nothing takes these away but what is said to do: there is nothing to force. */
export const WITHOUT_RISK: readonly AptErrorKind[] = [
  'answer_incomplete',
  'answer_unreadable',
  'no_index',
  'no_repositories',
  'package_not_installed',
  'proxy_invalid',
  'refresh_failed',
  'repair_differs',
  'simulation_failed',
  'unknown',
];

/** The risky way out, in a sentence that says what it costs; null: there is none, see {@link WITHOUT_RISK}. */
export function riskOf(kind: AptErrorKind): Sentence | null {
  const name = kind in risks ? (kind as keyof typeof risks) : OTHERWISE[kind];
  return name === undefined ? null : risks[name]();
}
