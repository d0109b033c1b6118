import type { MachineKind, OperatingSystem } from '../contracts/machine-probe.v1';
import { parseOsRelease, type OsRelease } from '../parsers/os-release';
import { parseDebianVersion, parseDpkgArchitecture, parsePveVersion, parseUname } from '../parsers/system-facts';
import type { Cell } from '../parsers/table';
import { chain, given, isMissing, map, missing, type Measured, type ReasonBook } from './measured';
import type { SectionReader } from './probe-sections';
import type { Virtualization } from './virtualization';
import { say } from '../inventory.sentences';

type Facts = ReadonlyMap<string, Cell>;

/** Which system runs on the machine, and whether it is one that this product can update. */
export interface SystemIdentity {
  readonly family: Measured<string>;
  readonly version: Measured<string>;
  readonly codename: Measured<string>;
  readonly arch: Measured<string>;
  readonly os: OperatingSystem;
  /** null when os-release could not be read */
  readonly debianFamily: boolean | null;
  readonly proxmox: boolean;
}

const DEBIAN_IDS: ReadonlySet<string> = new Set(['debian', 'ubuntu', 'raspbian']);

function isRaspberrySystem(release: OsRelease, kind: Facts): boolean {
  if (release.id === 'raspbian') return true;
  const marks = [kind.get('raspberry_sources')?.value, kind.get('rpi_issue')?.value];
  return release.id === 'debian' && marks.includes('yes');
}

/** The 64-bit Raspberry Pi OS and Proxmox VE both call themselves "debian" in os-release. */
function familyOf(release: OsRelease, kind: Facts, proxmox: boolean): string {
  if (proxmox) return 'proxmox';
  return isRaspberrySystem(release, kind) ? 'raspberry_pi_os' : release.id;
}

/** debian_version has the point release, `12.9`; a release in the making has only its name there (`trixie/sid`). */
function versionOf(release: OsRelease, debianVersion: Measured<string>): Measured<string> {
  const { versionId } = release;
  const debian = release.id === 'debian' || release.id === 'raspbian';
  if (debian && !isMissing(debianVersion) && versionId !== null) {
    const point = debianVersion.value;
    if (point === versionId || point.startsWith(`${versionId}.`)) return { value: point };
  }
  return given(versionId, 'not_present', say.no_version_id());
}

export function identifySystem(reader: SectionReader, kind: Measured<Facts>, book: ReasonBook): SystemIdentity {
  const release = reader.read('os_release', parseOsRelease);
  const debianVersion = reader.read('debian_version', parseDebianVersion);
  const kernel = reader.read('uname', parseUname);
  const pve = reader.read('pve_version', parsePveVersion);
  const facts: Facts = kind.value ?? new Map();
  const proxmox = !isMissing(pve) || (pve.code !== 'tool_missing' && facts.get('pve_directory')?.value === 'yes');
  const field = (key: 'prettyName' | 'versionId', name: string): Measured<string> =>
    chain(release, (read) => given(read[key], 'not_present', say.os_release_states_no({ name })));
  return {
    family: map(release, (read) => familyOf(read, facts, proxmox)),
    version: proxmox ? pve : chain(release, (read) => versionOf(read, debianVersion)),
    codename: chain(release, (read) =>
      given(read.versionCodename, 'not_present', say.os_release_states_no({ name: 'VERSION_CODENAME' })),
    ),
    arch: reader.read('dpkg_arch', parseDpkgArchitecture),
    os: {
      id: book.take(
        'os.id',
        map(release, (read) => read.id),
      ),
      id_like: book.take(
        'os.id_like',
        map(release, (read) => [...read.idLike]),
      ),
      pretty_name: book.take('os.pretty_name', field('prettyName', 'PRETTY_NAME')),
      version_id: book.take('os.version_id', field('versionId', 'VERSION_ID')),
      debian_version: book.take('os.debian_version', debianVersion),
      kernel_release: book.take(
        'os.kernel_release',
        map(kernel, (read) => read.release),
      ),
      kernel_machine: book.take(
        'os.kernel_machine',
        map(kernel, (read) => read.machine),
      ),
      hostname: book.take(
        'os.hostname',
        map(kernel, (read) => read.nodename),
      ),
    },
    debianFamily: isMissing(release)
      ? null
      : DEBIAN_IDS.has(release.value.id) || release.value.idLike.some((id) => DEBIAN_IDS.has(id)),
    proxmox,
  };
}

/** SMBIOS chassis types of things that are carried about: nobody runs them as servers by design. */
const PORTABLE_CHASSIS: ReadonlySet<string> = new Set(['8', '9', '10', '11', '14', '30', '31', '32']);
/** Main server, rack mount, blade and their enclosures. */
const SERVER_CHASSIS: ReadonlySet<string> = new Set(['17', '23', '28', '29']);

export interface KindVerdict {
  readonly kind: MachineKind;
  readonly evidence: string;
}

/** Debian's default target is graphical on servers too, so only an installed display manager counts. */
function physicalKind(kind: Facts, dmi: Facts): KindVerdict {
  const chassis = dmi.get('chassis_type')?.value ?? null;
  if (chassis !== null && PORTABLE_CHASSIS.has(chassis)) {
    return { kind: 'workstation', evidence: `The firmware states a portable computer (chassis type ${chassis}).` };
  }
  if (chassis !== null && SERVER_CHASSIS.has(chassis)) {
    return { kind: 'physical', evidence: `The firmware states a server (chassis type ${chassis}).` };
  }
  if (kind.get('display_manager')?.value === 'yes') {
    return { kind: 'workstation', evidence: 'Real hardware with a display manager installed.' };
  }
  return { kind: 'physical', evidence: 'Real hardware without a display manager.' };
}

/** What kind of machine it is; `unknown` whenever the evidence does not decide. */
export function findKind(
  virtualization: Virtualization,
  identity: SystemIdentity,
  kind: Measured<Facts>,
  dmi: Measured<Facts>,
): KindVerdict {
  const facts: Facts = kind.value ?? new Map();
  const name = virtualization.name.value;
  if (virtualization.nature === 'container') {
    if (name === 'lxc') return { kind: 'lxc', evidence: virtualization.evidence };
    return { kind: 'unknown', evidence: `A container of another kind than LXC (${name ?? 'unnamed'}).` };
  }
  if (identity.proxmox) return { kind: 'proxmox_host', evidence: 'The Proxmox VE manager is installed.' };
  const model = facts.get('device_tree_model')?.value;
  if (virtualization.nature !== 'vm' && model?.startsWith('Raspberry Pi')) {
    return { kind: 'raspberry_pi', evidence: `The device tree says "${model}".` };
  }
  if (virtualization.nature === 'vm') return { kind: 'vm', evidence: virtualization.evidence };
  if (virtualization.nature === 'unknown') return { kind: 'unknown', evidence: virtualization.evidence };
  // Missing evidence must not turn a desktop into a server.
  if (isMissing(kind)) return { kind: 'unknown', evidence: 'The marks of the kind of machine could not be read.' };
  return physicalKind(facts, dmi.value ?? new Map());
}

/** The profile by which recipes are chosen. */
export function findProfile(
  verdict: KindVerdict,
  virtualization: Virtualization,
  dedicatedGpu: boolean | null,
): Measured<string> {
  if (virtualization.nature === 'container') return { value: 'container' };
  if (verdict.kind === 'proxmox_host' || verdict.kind === 'raspberry_pi' || verdict.kind === 'workstation') {
    return { value: verdict.kind };
  }
  if (verdict.kind === 'unknown') return missing('undetermined', say.kind_unknown());
  if (dedicatedGpu === null) return missing('undetermined', say.graphics_not_read());
  if (dedicatedGpu) return { value: 'gpu_server' };
  return { value: verdict.kind === 'vm' ? 'generic_vm' : 'baremetal_server' };
}
