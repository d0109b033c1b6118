import type { InstalledKernel, RebootReason, RebootState } from '../contracts/apt-update-analyze.v1';
import { compareVersions } from '../parsers/debian-version';
import type { KernelList, Needrestart } from '../parsers/kernels';
import { splitRelease } from '../parsers/kernels';
import { optional } from '../parsers/key-values';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../apt.sentences';

/** What was measured about a reboot; null: not measured. */
export interface RebootFacts {
  flag: { set: boolean; packages: string[] } | null;
  running: { release: string; version: string } | null;
  kernels: KernelList | null;
  needrestart: Needrestart | null;
  needrestartInstalled: boolean;
  container: ContainerFacts | null;
  /** Replaced files that PID 1 still runs. */
  initMaps: string[] | null;
}

export interface ContainerFacts {
  /** systemd's word, `none` on a machine of its own, null when nothing could tell. */
  kind: string | null;
}

/** Reads the values of the section `container`. */
export function containerFacts(values: Map<string, string[]>): ContainerFacts {
  const detected = optional(values, 'detect_virt');
  if (detected !== null && detected !== 'none') return { kind: detected };
  const hints = [
    optional(values, 'environ'),
    optional(values, 'run_systemd'),
    values.has('dockerenv') ? 'docker' : null,
    values.has('openvz') ? 'openvz' : null,
  ];
  return { kind: hints.find((hint) => hint !== null) ?? 'none' };
}

export function installedKernels(list: KernelList): InstalledKernel[] {
  return list.kernels.map((kernel) => ({
    release: kernel.release,
    flavour: splitRelease(kernel.release).flavour,
    package: kernel.package,
    package_version: kernel.packageVersion,
    image_bytes: kernel.imageBytes,
    initrd_bytes: kernel.initrdBytes,
  }));
}

/**
 * Whether the kernel is this machine's own affair. `container-other` is systemd's word for namespaces that it cannot name;
 * such a machine counts as having its own kernel if it runs one of its own kernel packages.
 */
function isContainer(facts: RebootFacts): boolean | null {
  const kind = facts.container?.kind ?? null;
  if (kind === null) return null;
  if (kind === 'none') return false;
  if (kind !== 'container-other') return true;
  return (
    facts.kernels?.kernels.some(
      (kernel) => kernel.release === facts.running?.release && kernel.packageVersion !== null,
    ) !== true
  );
}

function expectedKernel(facts: RebootFacts): string | null {
  if (facts.kernels === null || facts.running === null) return null;
  if (facts.kernels.pin !== null) return facts.kernels.pin;
  const { flavour } = splitRelease(facts.running.release);
  // A file without a package is a leftover of a removed kernel or a foreign build: nothing will boot it by itself.
  const candidates = facts.kernels.kernels.filter(
    (kernel) => kernel.packageVersion !== null && splitRelease(kernel.release).flavour === flavour,
  );
  return candidates
    .map((kernel) => kernel.release)
    .reduce<string | null>(
      (newest, release) => (newest === null || compareReleases(release, newest) > 0 ? release : newest),
      null,
    );
}

const compareReleases = (a: string, b: string): number =>
  compareVersions(splitRelease(a).version, splitRelease(b).version);

type Verdict = RebootReason['verdict'];

const reason = (signal: RebootReason['signal'], verdict: Verdict, detail: Sentence): RebootReason => ({
  signal,
  verdict,
  detail,
});

function flagReason({ flag }: RebootFacts): RebootReason {
  if (flag === null) return reason('flag_file', 'cannot_tell', say.flag_not_read());
  if (!flag.set) return reason('flag_file', 'not_needed', say.flag_not_set());
  const packages = flag.packages.join(', ');
  return reason('flag_file', 'needed', packages === '' ? say.flag_set() : say.flag_set_by({ packages }));
}

function kernelReason(facts: RebootFacts, expected: string | null): RebootReason {
  const running = facts.running?.release;
  if (running === undefined || facts.kernels === null) return reason('kernel', 'cannot_tell', say.kernels_not_read());
  if (expected === null) return reason('kernel', 'cannot_tell', say.kernel_of_no_package({ running }));
  if (running === expected) return reason('kernel', 'not_needed', say.kernel_current({ running }));
  const difference = facts.kernels.pin === null ? compareReleases(expected, running) : 1;
  if (difference > 0) return reason('kernel', 'needed', say.kernel_old({ running, expected }));
  return reason('kernel', 'cannot_tell', say.kernel_newer({ running, expected }));
}

/** Debian and Proxmox name the package version in `uname -v`: the same release may have been rebuilt. */
function rebuiltReason(facts: RebootFacts): RebootReason | null {
  const built = / (?:Debian|PMX) (\S+)/.exec(facts.running?.version ?? '')?.[1];
  const installed = facts.kernels?.kernels.find((kernel) => kernel.release === facts.running?.release)?.packageVersion;
  if (built === undefined || installed === undefined || installed === null) return null;
  if (compareVersions(installed, built) <= 0)
    return reason('kernel_rebuilt', 'not_needed', say.kernel_build_current({ built }));
  return reason('kernel_rebuilt', 'needed', say.kernel_build_old({ built, installed }));
}

function needrestartReasons({ needrestart, needrestartInstalled }: RebootFacts, container: boolean): RebootReason[] {
  if (!needrestartInstalled) return [];
  if (needrestart === null) return [reason('needrestart_kernel', 'cannot_tell', say.needrestart_failed())];
  const expected = needrestart.expectedKernel;
  const kernel: Record<number, [Verdict, Sentence]> = {
    1: ['not_needed', say.needrestart_current()],
    2: ['needed', expected === null ? say.needrestart_rebuilt() : say.needrestart_rebuilt_expected({ expected })],
    3: ['needed', expected === null ? say.needrestart_newer() : say.needrestart_newer_expected({ expected })],
  };
  const reasons: RebootReason[] = [];
  if (needrestart.kernelState !== null) {
    const [verdict, detail] = kernel[needrestart.kernelState] ?? ['cannot_tell', say.needrestart_cannot_tell()];
    reasons.push(reason('needrestart_kernel', container ? 'not_applicable' : verdict, detail));
  }
  if (needrestart.microcodeState === 2)
    reasons.push(reason('needrestart_microcode', container ? 'not_applicable' : 'needed', say.microcode_newer()));
  if (needrestart.microcodeState === 1)
    reasons.push(reason('needrestart_microcode', container ? 'not_applicable' : 'not_needed', say.microcode_current()));
  return reasons;
}

function initReason({ initMaps }: RebootFacts): RebootReason {
  if (initMaps === null) return reason('init_libraries', 'cannot_tell', say.init_not_read());
  if (initMaps.length === 0) return reason('init_libraries', 'not_needed', say.init_current());
  return reason('init_libraries', 'needed', say.init_old({ files: initMaps.slice(0, 5).join(', ') }));
}

/**
 * Joins the signals. One that asks decides. "Not needed" must be proven: by the kernel on a machine of its own, by process 1
 * in a container; a missing flag file proves nothing, for many systems never write one.
 */
function decide(reasons: readonly RebootReason[], container: boolean | null): RebootState['state'] {
  if (reasons.some(({ verdict }) => verdict === 'needed')) return 'needed';
  const clear = (signal: RebootReason['signal']): boolean =>
    reasons.some((entry) => entry.signal === signal && entry.verdict === 'not_needed');
  const proven = container === true ? clear('init_libraries') : clear('kernel') || clear('needrestart_kernel');
  return proven && clear('flag_file') ? 'not_needed' : 'cannot_tell';
}

/** The answer to "does it need a reboot?", with every signal's own verdict. */
export function rebootState(facts: RebootFacts): RebootState {
  const container = isContainer(facts);
  const expected = container === true ? null : expectedKernel(facts);
  const rebuilt = container === true ? null : rebuiltReason(facts);
  const reasons = [
    flagReason(facts),
    container === true ? reason('kernel', 'not_applicable', say.kernel_of_host()) : kernelReason(facts, expected),
    ...(rebuilt === null ? [] : [rebuilt]),
    ...needrestartReasons(facts, container === true),
    initReason(facts),
  ];
  return {
    state: decide(reasons, container),
    reasons,
    running_kernel: facts.running?.release ?? null,
    expected_kernel: expected,
    packages: facts.flag?.packages ?? [],
    container,
    services: facts.needrestart?.services ?? null,
  };
}
