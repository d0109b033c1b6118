import { ParseError, shown } from './parse-error';
import { decimalNumber, oneOf, onlyLine, parseKeyedTable, requiredCell, wholeNumber } from './table';

/** Content of /etc/debian_version: `12.9`, or `trixie/sid` while a release is in the making. */
export function parseDebianVersion(text: string): string {
  const line = onlyLine('debian_version', text);
  if (!/^[A-Za-z0-9][A-Za-z0-9./~+-]{0,63}$/.test(line)) {
    throw new ParseError('debian_version', `version expected, got "${shown(line)}"`);
  }
  return line;
}

/** dpkg's name of the architecture, e.g. `amd64`. */
export function parseDpkgArchitecture(text: string): string {
  const line = onlyLine('dpkg_arch', text);
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(line))
    throw new ParseError('dpkg_arch', `architecture expected, got "${shown(line)}"`);
  return line;
}

/** What `uname` says. */
interface KernelNames {
  readonly release: string;
  readonly machine: string;
  readonly nodename: string;
}

export function parseUname(text: string): KernelNames {
  const table = parseKeyedTable('uname', text);
  const field = (key: string): string =>
    requiredCell('uname', table.get(key) ?? { value: null, missing: 'absent' }, key);
  if (field('sysname') !== 'Linux') throw new ParseError('uname', `Linux expected, got "${shown(field('sysname'))}"`);
  return { release: field('release'), machine: field('machine'), nodename: field('nodename') };
}

/** Seconds since 1970 by the machine's clock. */
export function parseClock(text: string): number {
  return wholeNumber('clock', onlyLine('clock', text));
}

/** Load averages over 1 and 5 minutes. */
interface LoadAverage {
  readonly load1: number;
  readonly load5: number;
}

export function parseLoadAverage(text: string): LoadAverage {
  const [one, five, fifteen, tasks, pid] = onlyLine('loadavg', text).split(/\s+/);
  if (one === undefined || five === undefined || fifteen === undefined || tasks === undefined || pid === undefined) {
    throw new ParseError('loadavg', `five fields expected, got "${shown(text)}"`);
  }
  return { load1: decimalNumber('loadavg', one), load5: decimalNumber('loadavg', five) };
}

/** Seconds since the boot. */
export function parseUptime(text: string): number {
  return decimalNumber('uptime', onlyLine('uptime', text).split(/\s+/)[0] ?? '');
}

/** The kernel's boot id, a lower-case UUID. */
export function parseBootId(text: string): string {
  const line = onlyLine('boot_id', text);
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(line)) {
    throw new ParseError('boot_id', `UUID expected, got "${shown(line)}"`);
  }
  return line;
}

/** Version of the Proxmox VE manager, from `pve-manager/8.2.4/… (running kernel: …)`. */
export function parsePveVersion(text: string): string {
  const line = onlyLine('pve_version', text);
  const version = /^pve-manager\/([0-9][0-9A-Za-z.~+-]{0,63})\//.exec(line)?.[1];
  if (version === undefined) throw new ParseError('pve_version', `pve-manager/VERSION/ expected, got "${shown(line)}"`);
  return version;
}

/** The words of `systemd-detect-virt`, see its manual page; newer systemd versions add some. */
export function parseDetectVirt(text: string): string {
  const line = onlyLine('virt_detect', text);
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(line))
    throw new ParseError('virt_detect', `one word expected, got "${shown(line)}"`);
  return line;
}

const SYSTEMD_STATES = [
  'initializing',
  'starting',
  'running',
  'degraded',
  'maintenance',
  'stopping',
  'offline',
  'unknown',
] as const;
type SystemdState = (typeof SYSTEMD_STATES)[number];

/** The word of `systemctl is-system-running`. */
export function parseSystemdState(text: string): SystemdState {
  return oneOf('systemd_state', onlyLine('systemd_state', text), SYSTEMD_STATES);
}

/** systemd's own limit is 255 characters. */
const UNIT_NAME = /^\S{1,250}\.[a-z]+$/;

/** Names of the failed units, from `systemctl list-units --state=failed --plain --no-legend`. */
export function parseFailedUnits(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [unit, , , state] = line.trim().split(/\s+/);
      if (unit === undefined || !UNIT_NAME.test(unit) || state === undefined) {
        throw new ParseError('systemd_failed', `unit line expected, got "${shown(line)}"`);
      }
      return unit;
    });
}
