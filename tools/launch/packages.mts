import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { CommandError, lastLine, say } from './output.mts';
import { run } from './processes.mts';

/** What the demo and the tests need from Debian, each with a file that shows it is there. */
const catalogue = {
  debootstrap: '/usr/sbin/debootstrap',
  'openssh-client': '/usr/bin/ssh-keygen',
  'openssh-server': '/usr/sbin/sshd',
  'apt-utils': '/usr/bin/apt-ftparchive',
  gnupg: '/usr/bin/gpg',
  iproute2: '/usr/sbin/ip',
  nftables: '/usr/sbin/nft',
  chromium: '/usr/bin/chromium',
  shellcheck: '/usr/bin/shellcheck',
  'postgresql-15': '/usr/lib/postgresql/15/bin/postgres',
  ansible: '/usr/bin/ansible',
  'docker-compose': '/usr/bin/docker-compose',
} as const;
export type DebianPackage = keyof typeof catalogue;

export const demoPackages: readonly DebianPackage[] = [
  'debootstrap',
  'openssh-client',
  'apt-utils',
  'gnupg',
  'iproute2',
];
export const testPackages: readonly DebianPackage[] = [
  ...demoPackages,
  'openssh-server',
  'nftables',
  'chromium',
  'shellcheck',
  'docker-compose',
];

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

export function missingPackages(wanted: readonly DebianPackage[]): DebianPackage[] {
  return wanted.filter((name) => !existsSync(catalogue[name]));
}

function canInstall(): boolean {
  return isRoot() && process.platform === 'linux' && spawnSync('apt-get', ['--version']).status === 0;
}

/**
 * Installs what is missing, after naming it. Only as root on a Debian-family machine. Where that fails, says why.
 *
 * @returns what is still missing, for the caller to say what cannot run.
 */
export async function ensurePackages(wanted: readonly DebianPackage[], signal?: AbortSignal): Promise<DebianPackage[]> {
  const missing = missingPackages(wanted);
  if (missing.length === 0 || !canInstall()) return missing;
  await installFromDebian(missing, signal);
  return missingPackages(wanted);
}

/** Where that fails, says why. @throws the signal's reason when interrupted, after apt has ended. */
export async function installFromDebian(missing: readonly DebianPackage[], signal?: AbortSignal): Promise<void> {
  say(`Installing from Debian: ${missing.join(', ')} …`);
  // The signal is kept from apt on purpose: stopped in the middle, it leaves the person's own dpkg to be repaired by hand.
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' } };
  const wait = (): void => {
    say('Waiting for apt to finish …');
  };
  signal?.addEventListener('abort', wait, { once: true });
  try {
    for (const words of [['update'], ['-y', '--no-install-recommends', 'install', ...missing]]) {
      signal?.throwIfAborted();
      await run('apt-get', ['-qq', ...words], options);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof CommandError)) throw error;
    say(`They could not be installed: ${lastLine(error.message)}`);
  } finally {
    signal?.removeEventListener('abort', wait);
  }
  signal?.throwIfAborted();
}
