import type { InstalledKernel, RebootReason, RebootState } from '../contracts/apt-update-analyze.v1';
import { compareVersions } from '../parsers/debian-version';
import type { KernelList, Needrestart } from '../parsers/kernels';
import { splitRelease } from '../parsers/kernels';
import { optional } from '../parsers/key-values';

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

const reason = (signal: RebootReason['signal'], verdict: Verdict, detail: string): RebootReason => ({
  signal,
  verdict,
  detail,
});

function flagReason({ flag }: RebootFacts): RebootReason {
  if (flag === null)
    return reason('flag_file', 'cannot_tell', 'The mark of a requested reboot could not be looked for.');
  if (!flag.set) return reason('flag_file', 'not_needed', 'No package left a mark that asks for a reboot.');
  const by = flag.packages.length > 0 ? ` (${flag.packages.join(', ')})` : '';
  return reason('flag_file', 'needed', `A package asked for a reboot${by}.`);
}

function kernelReason(facts: RebootFacts, expected: string | null): RebootReason {
  const running = facts.running?.release;
  if (running === undefined || facts.kernels === null)
    return reason('kernel', 'cannot_tell', 'Running or installed kernels could not be read.');
  if (expected === null)
    return reason('kernel', 'cannot_tell', `The running kernel ${running} comes from no installed package.`);
  if (running === expected)
    return reason('kernel', 'not_needed', `The running kernel ${running} is the newest installed of its flavour.`);
  const difference = facts.kernels.pin === null ? compareReleases(expected, running) : 1;
  if (difference > 0) return reason('kernel', 'needed', `Kernel ${running} is running, ${expected} is installed.`);
  return reason(
    'kernel',
    'cannot_tell',
    `The running kernel ${running} is newer than any installed one (${expected}).`,
  );
}

/** Debian and Proxmox name the package version in `uname -v`: the same release may have been rebuilt. */
function rebuiltReason(facts: RebootFacts): RebootReason | null {
  const built = / (?:Debian|PMX) (\S+)/.exec(facts.running?.version ?? '')?.[1];
  const installed = facts.kernels?.kernels.find((kernel) => kernel.release === facts.running?.release)?.packageVersion;
  if (built === undefined || installed === undefined || installed === null) return null;
  if (compareVersions(installed, built) <= 0)
    return reason('kernel_rebuilt', 'not_needed', `The running kernel is build ${built}, as installed.`);
  return reason('kernel_rebuilt', 'needed', `The running kernel is build ${built}, build ${installed} is installed.`);
}

function needrestartReasons({ needrestart, needrestartInstalled }: RebootFacts, container: boolean): RebootReason[] {
  if (!needrestartInstalled) return [];
  if (needrestart === null) return [reason('needrestart_kernel', 'cannot_tell', 'needrestart failed.')];
  const expected = needrestart.expectedKernel === null ? '' : ` (expected ${needrestart.expectedKernel})`;
  const kernel: Record<number, [Verdict, string]> = {
    1: ['not_needed', 'needrestart sees no newer kernel.'],
    2: ['needed', `needrestart sees a rebuilt kernel${expected}.`],
    3: ['needed', `needrestart sees a newer kernel${expected}.`],
  };
  const reasons: RebootReason[] = [];
  if (needrestart.kernelState !== null) {
    const [verdict, detail] = kernel[needrestart.kernelState] ?? [
      'cannot_tell',
      'needrestart cannot tell about the kernel.',
    ];
    reasons.push(reason('needrestart_kernel', container ? 'not_applicable' : verdict, detail));
  }
  if (needrestart.microcodeState === 2)
    reasons.push(
      reason(
        'needrestart_microcode',
        container ? 'not_applicable' : 'needed',
        'needrestart sees newer processor microcode.',
      ),
    );
  if (needrestart.microcodeState === 1)
    reasons.push(
      reason(
        'needrestart_microcode',
        container ? 'not_applicable' : 'not_needed',
        'The processor microcode is current.',
      ),
    );
  return reasons;
}

function initReason({ initMaps }: RebootFacts): RebootReason {
  if (initMaps === null) return reason('init_libraries', 'cannot_tell', 'The files of process 1 could not be read.');
  if (initMaps.length === 0) return reason('init_libraries', 'not_needed', 'Process 1 runs the installed files.');
  return reason('init_libraries', 'needed', `Process 1 still runs replaced files: ${initMaps.slice(0, 5).join(', ')}.`);
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
    container === true
      ? reason('kernel', 'not_applicable', 'A container runs the kernel of its host.')
      : kernelReason(facts, expected),
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
