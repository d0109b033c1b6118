import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../apt.sentences';
import type { AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import type { AptUpgradePlan, UpgradePackage } from '../contracts/apt-upgrade-plan.v2';
import { linesOf, ParseError } from '../parsers/parse-error';
import { bringsKernel } from './kernel-packages';

/** Packages whose scripts let systemd start itself anew, by the source of what it runs with their new files for certain. */
const STARTS_ANEW: ReadonlyMap<string, string> = new Map([
  ['systemd', 'systemd'],
  ['libc6', 'glibc'],
]);

/** What process 1 has open of what would be replaced or removed. */
export interface InitFiles {
  /** What process 1 is: `systemd`, `init`. */
  readonly name: string;
  /** Packages that the files are of, without their architectures. */
  readonly packages: readonly string[];
}

/** Reads the section `plan_init`. @throws ParseError */
export function parseInitFiles(text: string): InitFiles {
  const [first = '', ...rows] = linesOf(text);
  const name = /^init\t(.+)$/.exec(first)?.[1];
  if (name === undefined) throw new ParseError('plan_init', 'no process 1', first);
  const packages = rows.flatMap((row) => {
    const owners = /^file\t([^\t]+)\t\/[^\t]*$/.exec(row)?.[1];
    if (owners === undefined) throw new ParseError('plan_init', 'unknown row', row);
    return owners.split(', ').map((owner) => owner.replace(/:.*/, ''));
  });
  return { name, packages: [...new Set(packages)] };
}

/**
 * Whether the machine will need a restart afterwards, and why.
 * @param init null: process 1 could not be looked at
 */
export function rebootForecast(
  packages: readonly UpgradePackage[],
  { state, container }: Pick<AptUpdateAnalyze['reboot'], 'state' | 'container'>,
  init: InitFiles | null,
): AptUpgradePlan['reboot'] {
  const reasons: Sentence[] = [];
  if (state === 'needed') reasons.push(say.reboot_needed_already());
  const kernels = packages.filter((one) => one.operation !== 'remove' && bringsKernel(one));
  // A container runs the kernel of its host, whatever packages it has.
  if (container !== true && kernels.length > 0)
    reasons.push(say.reboot_for_kernel({ packages: kernels.map(({ name }) => name).join(', ') }));
  const { certain, possible } = initReasons(packages, init);
  reasons.push(...certain);
  if (reasons.length > 0) return { expected: true, reasons };
  const known = possible.length === 0 && state !== 'cannot_tell' && container !== null;
  return { expected: known ? false : null, reasons: possible };
}

/** What process 1 has open stays open: a restart is needed for it as for a kernel, unless process 1 starts itself anew. */
function initReasons(
  packages: readonly UpgradePackage[],
  init: InitFiles | null,
): Record<'certain' | 'possible', Sentence[]> {
  if (init === null) return { certain: [], possible: [say.reboot_init_unknown()] };
  const renewed = packages.flatMap(({ name, operation }) => {
    const source = operation === 'upgrade' || operation === 'downgrade' ? STARTS_ANEW.get(name) : undefined;
    return source === undefined || init.name !== 'systemd' ? [] : [source];
  });
  const sourceOf = (owner: string): string | null => packages.find(({ name }) => name === owner)?.source ?? null;
  const old = init.packages.filter((owner) => !renewed.includes(sourceOf(owner) ?? ''));
  if (old.length === 0) return { certain: [], possible: [] };
  // Whether these are replaced before or after that is apt's to choose.
  const names = { packages: old.join(', ') };
  return renewed.length > 0
    ? { certain: [], possible: [say.reboot_perhaps_for_init(names)] }
    : { certain: [say.reboot_for_init(names)], possible: [] };
}
