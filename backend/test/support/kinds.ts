import { at } from './at';
import { fleet, realMachines, systemdMachines, type RealMachine } from './real-machines';

/** The kinds of machine that changes meet, as tests name them: each suite, without systemd and with. */
export const KINDS = ['Debian 12', 'Debian 13', 'Debian 12 with systemd', 'Debian 13 with systemd'] as const;
export type Kind = (typeof KINDS)[number];

/** One of each suite, for what does not depend on who starts processes. */
export const SUITES = KINDS.slice(0, 2);

/** The first machine of each kind, in their order. */
export function machinesOf(kinds: readonly Kind[] = KINDS): RealMachine[] {
  const machines = [...realMachines(), ...systemdMachines()];
  return kinds.map((kind) =>
    at(
      machines.filter((machine) => kindOf(machine) === kind),
      0,
    ),
  );
}

function kindOf({ suite, variant }: RealMachine): string {
  return `${suite === 'bookworm' ? 'Debian 12' : 'Debian 13'}${variant === '' ? '' : ` with ${variant}`}`;
}

/** Fresh disks for all of these, at once. */
export function renew(machines: readonly RealMachine[]): void {
  fleet('reset', ...machines.map(({ name }) => name));
}
