import type { AptError, CoManagement, DpkgState } from '../contracts/apt-update-analyze.v1';
import type { CoManagers } from '../parsers/co-managers';
import { CUT_OFF_STATES, type DpkgSummary } from '../parsers/dpkg';
import { aptError } from './errors';
import { say } from '../apt.sentences';

/** `journal`: names of files in /var/lib/dpkg/updates; they stay only when dpkg was killed. Null: not measured. */
export function dpkgState(summary: DpkgSummary | null, journal: string[] | null, audit: string[] | null): DpkgState {
  const cutOff = summary?.broken.some(({ state }) => CUT_OFF_STATES.has(state)) === true;
  const interrupted =
    cutOff || (journal !== null && journal.length > 0) ? true : summary === null || journal === null ? null : false;
  return { installed_count: summary?.installed ?? null, broken: summary?.broken ?? null, interrupted, audit };
}

const PACKAGE_MANAGERS: ReadonlySet<string> = new Set([
  'apt',
  'apt-get',
  'aptitude',
  'dpkg',
  'unattended-upgr',
  'aptd',
  'packagekitd',
]);
const RUNNING: ReadonlySet<string> = new Set(['active', 'activating', 'reloading', 'deactivating']);

export function coManagement(found: CoManagers): CoManagement {
  const unattended = found.packages.includes('unattended-upgrades') && found.periodic.get('Unattended-Upgrade') !== '0';
  const units = found.units
    .filter((unit) => unit.loaded)
    .map((unit) => ({
      unit: unit.id,
      active: RUNNING.has(unit.active),
      active_state: unit.active,
      enabled_state: unit.enabled,
    }));
  // Timers wait and packagekit idles while "active"; only the oneshot services of apt mean work at this moment.
  const busyUnits = units
    .filter(({ unit, active }) => active && /^apt-daily.*\.service$/.test(unit))
    .map(({ unit }) => unit);
  const busyProcesses = found.processes.filter(
    (name) => PACKAGE_MANAGERS.has(name) && name !== 'packagekitd' && name !== 'aptd',
  );
  return { unattended_upgrades: unattended, busy: [...new Set([...busyUnits, ...busyProcesses])], units };
}

/** Errors of dpkg's state. While another package manager works, half installed packages are its work in progress. */
export function dpkgErrors(state: DpkgState, busy: readonly string[]): AptError[] {
  const broken = (state.broken ?? []).map((entry) => `${entry.name} ${entry.version}: ${entry.state}`);
  const trouble = state.interrupted === true || broken.length > 0;
  if (!trouble) return [];
  const lines = [...broken, ...(state.audit ?? [])];
  if (busy.length > 0)
    return [aptError('apt_lock_busy', 'warning', say.packages_in_work({ who: busy.join(', ') }), lines)];
  if (state.interrupted === true) return [aptError('dpkg_interrupted', 'error', say.dpkg_interrupted(), lines)];
  const names = (state.broken ?? []).map((entry) => entry.name).slice(0, 10);
  return [
    aptError(
      'packages_broken',
      'error',
      say.packages_broken({ count: broken.length, packages: names.join(', ') }),
      lines,
    ),
  ];
}
