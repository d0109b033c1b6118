import type { DpkgState } from '../contracts/apt-update-analyze.v1';
import { parseDpkgState } from '../parsers/dpkg';
import { parseKernels, parseNeedrestart } from '../parsers/kernels';
import { optional, parseKeyValues, required } from '../parsers/key-values';
import { linesOf, wholeNumber } from '../parsers/parse-error';
import { dpkgState } from './dpkg-state';
import { containerFacts, installedKernels, rebootState } from './reboot';
import type { SectionReader } from './sections';

/** What `scripts/apt-update-analyze/40-machine.sh` collects of the machine itself, whoever asks. */
export interface Environment {
  now: number;
  release: string;
  version: string;
  architecture: string;
  foreign: string[];
}

export function parseEnvironment(text: string): Environment {
  const values = parseKeyValues('environment', text);
  return {
    now: wholeNumber(required('environment', values, 'now'), 'environment', 'now'),
    release: required('environment', values, 'kernel_release'),
    version: optional(values, 'kernel_version') ?? '',
    architecture: required('environment', values, 'architecture'),
    foreign: (optional(values, 'foreign_architectures') ?? '').split(' ').filter((arch) => arch !== ''),
  };
}

/** Whether a package asked for a restart, and which did. */
export function parseFlag(text: string): { set: boolean; packages: string[] } {
  const values = parseKeyValues('reboot_flag', text);
  // `set`: as runs kept it at first.
  const set = values.has('flag') || optional(values, 'set') === 'yes';
  return { set, packages: values.get('package') ?? [] };
}

/** Whether it needs a restart, signal by signal, and the kernels that are installed. */
export function readReboot(reader: SectionReader, environment: Environment | null) {
  const kernels = reader.read('kernels', parseKernels);
  // 127 is the script's word for "not installed"; a failing needrestart is no reason to call the whole answer incomplete.
  const needrestart = reader.raw('needrestart');
  const reboot = rebootState({
    flag: reader.read('reboot_flag', parseFlag),
    running: environment,
    kernels,
    needrestart: needrestart?.exitCode === 0 ? reader.attempt('needrestart', needrestart, parseNeedrestart) : null,
    needrestartInstalled: needrestart !== null && needrestart.exitCode !== 127,
    container: reader.read('container', (text) => containerFacts(parseKeyValues('container', text))),
    initMaps: reader.read('init_maps', linesOf),
  });
  return { reboot, kernels: kernels === null ? null : installedKernels(kernels) };
}

/** Whole, cut off, or broken packages. */
export function readDpkgState(reader: SectionReader): DpkgState {
  return dpkgState(
    reader.read('dpkg_state', parseDpkgState),
    reader.read('dpkg_updates', linesOf),
    reader.read('dpkg_audit', (text) => linesOf(text).slice(0, 50), [0, 1]),
  );
}
