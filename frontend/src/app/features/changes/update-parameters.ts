import type { Mode } from '../machines/machine/packages';

/** Parameters of the action `apt_upgrade`. */
export interface UpdateParameters extends Record<string, unknown> {
  /** Absent: what the kind of each machine is upgraded by. */
  readonly mode?: 'upgrade' | 'upgrade_with_new' | 'dist_upgrade';
  readonly scope: 'all' | 'security' | 'packages';
  /** As apt names them; with the scope `packages` only. */
  readonly packages?: readonly string[];
}

const MODE: Readonly<Record<Mode, NonNullable<UpdateParameters['mode']>>> = {
  security: 'upgrade_with_new',
  upgrade: 'upgrade',
  withNew: 'upgrade_with_new',
  full: 'dist_upgrade',
};

/** What to plan for a mode of the updates tab; `chosen` packages alone where some are. Pure. */
export function updateParameters(mode: Mode, chosen: ReadonlySet<string>): UpdateParameters {
  return chosen.size > 0
    ? { mode: MODE[mode], scope: 'packages', packages: [...chosen].sort() }
    : { mode: MODE[mode], scope: mode === 'security' ? 'security' : 'all' };
}

/** What to plan on several machines at once, each in the mode of its kind. Pure. */
export function bulkParameters(what: 'security' | 'all'): UpdateParameters {
  return { scope: what };
}

/** How apt is told which package is meant: one for all architectures has no other name than its own. */
export function aptName({ name, arch }: { readonly name: string; readonly arch: string }): string {
  return arch === 'all' ? name : `${name}:${arch}`;
}
