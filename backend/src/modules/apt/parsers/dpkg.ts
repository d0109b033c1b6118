import { linesOf, ParseError, wholeNumber } from './parse-error';

export interface DpkgPackage {
  name: string;
  version: string;
  arch: string;
  state: string;
}

export interface DpkgSummary {
  installed: number;
  broken: DpkgPackage[];
}

/** dpkg's words for a package of which anything is installed; only `installed` is whole. */
export const PACKAGE_STATES = [
  'installed',
  'triggers-pending',
  'triggers-awaited',
  'half-configured',
  'unpacked',
  'half-installed',
  'reinst-required',
] as const;
export type PackageState = (typeof PACKAGE_STATES)[number];

const STATES: Readonly<Record<string, PackageState>> = {
  H: 'half-installed',
  U: 'unpacked',
  F: 'half-configured',
  W: 'triggers-awaited',
  t: 'triggers-pending',
  i: 'installed',
};

/** Of dpkg's `Status-Abbrev`; undefined: no state that a package with files has. */
export function packageState(abbreviation: string): PackageState | undefined {
  return abbreviation.charAt(2) === 'R' ? 'reinst-required' : STATES[abbreviation.charAt(1)];
}

/** States that only a dpkg run cut off half-way leaves behind. */
export const CUT_OFF_STATES: ReadonlySet<string> = new Set(['half-installed', 'unpacked', 'reinst-required']);

/** Reads the section `dpkg_state`. @throws ParseError on an unknown row or state */
export function parseDpkgState(text: string): DpkgSummary {
  const summary: DpkgSummary = { installed: 0, broken: [] };
  let counted = false;
  for (const line of linesOf(text)) {
    const [kind, second, third, fourth, fifth] = line.split('\t');
    if (kind === 'count') {
      counted = true;
      if (second === 'i') summary.installed = wholeNumber(third, 'dpkg_state', line);
    } else if (
      kind === 'broken' &&
      second !== undefined &&
      third !== undefined &&
      fourth !== undefined &&
      fifth !== undefined
    ) {
      const state = packageState(second);
      if (state === undefined) throw new ParseError('dpkg_state', 'unknown state', line);
      summary.broken.push({ name: third.replace(/:.*/, ''), version: fourth, arch: fifth, state });
    } else throw new ParseError('dpkg_state', 'unknown row', line);
  }
  // A Debian machine has packages: an answer without a count was cut.
  if (!counted) throw new ParseError('dpkg_state', 'no package counted');
  return summary;
}

/** Reads `apt-mark showhold`: one package a line. */
export function parseHolds(text: string): string[] {
  return linesOf(text).map((line) => {
    if (!/^[a-z0-9][a-z0-9+.-]*(?::[a-z0-9-]+)?$/.test(line)) throw new ParseError('holds', 'not a package', line);
    return line;
  });
}

/** The version in the first line of `apt-get --version`. */
export function parseAptVersion(text: string): string {
  const match = /^apt (\S+) \(\S+\)/.exec(text);
  if (match?.[1] === undefined) throw new ParseError('apt_version', 'not apt', linesOf(text)[0] ?? '');
  return match[1];
}
