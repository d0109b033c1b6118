import { linesOf, orNull, ParseError, wholeNumber } from './parse-error';

export interface KernelFile {
  release: string;
  imageBytes: number | null;
  initrdBytes: number | null;
  package: string | null;
  packageVersion: string | null;
}

export interface KernelList {
  kernels: KernelFile[];
  /** Release that a Proxmox host is told to boot, whatever is newest. */
  pin: string | null;
}

/** Reads the section `kernels`. @throws ParseError on an unknown row */
export function parseKernels(text: string): KernelList {
  const list: KernelList = { kernels: [], pin: null };
  const bytes = (field: string | undefined, line: string): number | null =>
    orNull(field) === null ? null : wholeNumber(field, 'kernels', line);
  for (const line of linesOf(text)) {
    const [kind, release = '', image, initrd, owner, version] = line.split('\t');
    if (release === '') throw new ParseError('kernels', 'no release', line);
    if (kind === 'pin') list.pin = release;
    else if (kind === 'kernel') {
      list.kernels.push({
        release,
        imageBytes: bytes(image, line),
        initrdBytes: bytes(initrd, line),
        package: orNull(owner),
        packageVersion: orNull(version),
      });
    } else throw new ParseError('kernels', 'unknown row', line);
  }
  return list;
}

// Parts of a release that count versions although they start with a letter (Raspberry Pi's ABI, release candidates), and
// processor names that are flavours although they start with a digit.
const VERSION_PART = /^(?:\d|rpi\d|rc\d)/;
const NUMERIC_FLAVOUR = /^[3-6]86$/;

/** Splits `6.1.0-18-cloud-amd64` into its version `6.1.0-18` and its flavour `cloud-amd64`. */
export function splitRelease(release: string): { version: string; flavour: string } {
  const parts = release.split('-');
  const first = parts.findIndex((part, index) => index > 0 && (!VERSION_PART.test(part) || NUMERIC_FLAVOUR.test(part)));
  if (first === -1) return { version: release, flavour: '' };
  return { version: parts.slice(0, first).join('-'), flavour: parts.slice(first).join('-') };
}

export interface Needrestart {
  runningKernel: string | null;
  expectedKernel: string | null;
  /** 0 unknown, 1 current, 2 rebuilt with the same ABI, 3 newer version. */
  kernelState: number | null;
  /** 0 unknown, 1 current, 2 obsolete. */
  microcodeState: number | null;
  services: string[];
}

/** Reads `needrestart -b`. @throws ParseError when the protocol's first line is missing */
export function parseNeedrestart(text: string): Needrestart {
  const result: Needrestart = {
    runningKernel: null,
    expectedKernel: null,
    kernelState: null,
    microcodeState: null,
    services: [],
  };
  let started = false;
  for (const line of linesOf(text)) {
    const match = /^NEEDRESTART-([A-Z]+): ?(.*)$/.exec(line);
    if (match === null) continue;
    const value = match[2] ?? '';
    if (match[1] === 'VER') started = true;
    else if (match[1] === 'KCUR') result.runningKernel = orNull(value);
    else if (match[1] === 'KEXP') result.expectedKernel = orNull(value);
    else if (match[1] === 'KSTA') result.kernelState = wholeNumber(value, 'needrestart', line);
    else if (match[1] === 'UCSTA') result.microcodeState = wholeNumber(value, 'needrestart', line);
    else if (match[1] === 'SVC') result.services.push(value);
  }
  if (!started) throw new ParseError('needrestart', 'no NEEDRESTART-VER');
  return result;
}
