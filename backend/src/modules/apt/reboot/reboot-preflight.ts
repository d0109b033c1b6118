import type { PreflightCheck } from '../../jobs/actions/change-action';
import { say } from '../apt.sentences';
import type { DpkgState } from '../contracts/apt-update-analyze.v1';
import type { RebootPlan } from '../contracts/reboot-plan.v1';
import { check } from '../upgrade/check';
import { presenceChecks, type OwnPresence } from '../upgrade/own-machine';
import { backupCheck, dpkgCheck, heldLock } from '../upgrade/preflight';
import { blockersOf } from './inhibitors';

export interface RebootPreflightFacts {
  readonly dpkg: DpkgState;
  /** Texts of the sections; null: not answered. */
  readonly locks: string | null;
  readonly backups: string | null;
  readonly systemd: boolean;
  readonly presence: OwnPresence;
  /** Of a Proxmox host, about its cluster. */
  readonly cluster: readonly PreflightCheck[];
}

/** The look before a restart: what it would tear down, and what would keep the machine from coming back. Pure. */
export function rebootPreflight(plan: RebootPlan, facts: RebootPreflightFacts): PreflightCheck[] {
  return [
    locksCheck(facts),
    dpkgState(facts),
    inhibitorsCheck(plan, facts),
    guardCheck(plan),
    usersCheck(plan),
    failedCheck(plan),
    ...backupCheck(facts),
    ...guestsCheck(plan),
    ...facts.cluster,
    ...presenceChecks(facts.presence),
  ];
}

/** A restart in the middle of dpkg leaves packages half installed, kernels among them. */
function locksCheck({ locks }: RebootPreflightFacts): PreflightCheck {
  if (locks === null) return check('locks', 'unknown', say.check_locks_unknown());
  const held = heldLock(locks);
  return held === null
    ? check('locks', 'ok', say.check_locks_free())
    : check('locks', 'blocked', held, say.check_reboot_locks_action());
}

/** A machine with a package that is not whole may need the very restart: it is told, and not forbidden. */
function dpkgState({ dpkg }: RebootPreflightFacts): PreflightCheck {
  const verdict = dpkgCheck({ analysis: { dpkg } });
  return verdict.verdict === 'blocked' ? { ...verdict, verdict: 'warning' } : verdict;
}

function inhibitorsCheck({ inhibitors }: RebootPlan, { systemd }: RebootPreflightFacts): PreflightCheck {
  if (!systemd) return check('inhibitors', 'ok', say.check_inhibitors_none());
  if (inhibitors === null) return check('inhibitors', 'unknown', say.check_inhibitors_unknown());
  const who = blockersOf(inhibitors);
  return who === ''
    ? check('inhibitors', 'ok', say.check_inhibitors_none())
    : check('inhibitors', 'blocked', say.check_inhibitors_held({ who }), say.reboot_refused_action());
}

function guardCheck({ molly_guard }: RebootPlan): PreflightCheck {
  if (molly_guard === null) return check('molly_guard', 'unknown', say.check_guard_unknown());
  return molly_guard
    ? check('molly_guard', 'warning', say.consequence_guard(), say.check_guard_action())
    : check('molly_guard', 'ok', say.check_guard_none());
}

function usersCheck({ users }: RebootPlan): PreflightCheck {
  if (users === null) return check('users', 'unknown', say.check_users_unknown());
  const names = users.map(({ name, terminal }) => `${name} (${terminal})`).join(', ');
  return names === ''
    ? check('users', 'ok', say.check_users_none())
    : check('users', 'warning', say.check_users({ names }), say.check_users_action());
}

function failedCheck({ failed_units: units }: RebootPlan): PreflightCheck {
  if (units === null) return check('failed_units', 'ok', say.check_failed_units_unknown());
  return units.length === 0
    ? check('failed_units', 'ok', say.check_failed_units_none())
    : check('failed_units', 'warning', say.check_failed_units({ units: units.join(', ') }));
}

/** Only Proxmox hosts have guests. */
function guestsCheck({ guests, machine_kind }: RebootPlan): PreflightCheck[] {
  if (machine_kind !== 'proxmox_host') return [];
  if (guests === null) return [check('guests', 'unknown', say.check_guests_unknown())];
  return guests.length === 0
    ? [check('guests', 'ok', say.check_guests_none())]
    : [check('guests', 'warning', say.check_guests({ count: guests.length }), say.check_guests_action())];
}
