import type { PreflightCheck } from '../../jobs/actions/change-action';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../apt.sentences';
import type { AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import type { UpgradeFileSystem } from '../contracts/apt-upgrade-plan.v2';
import { remediationOf } from '../contracts/apt-error-kinds';
import { linesOf } from '../parsers/parse-error';
import { parseKeyValues } from '../parsers/key-values';
import { check } from './check';
import { presenceChecks, type OwnPresence } from './own-machine';

/** Beyond this the clock of the machine is wrong, in seconds. */
const CLOCK_OFF = 300;
/** Lists older than this are old, in seconds. */
const INDEX_OLD = 86_400;
/** Free space and inodes below this share after the run are told. */
const LOW_SHARE = 0.05;

export interface PreflightFacts extends SudoFacts {
  readonly analysis: Pick<AptUpdateAnalyze, 'dpkg' | 'co_management' | 'index'>;
  readonly fileSystems: readonly UpgradeFileSystem[] | null;
  /** Texts of the sections; null: not answered. */
  readonly locks: string | null;
  readonly backups: string | null;
  /** Seconds since the epoch by the machine's clock, and by ours. */
  readonly machineTime: number | null;
  readonly ownTime: number;
  readonly presence: OwnPresence;
  /** Chosen packages that the plan leaves as they are; null: packages were not chosen. */
  readonly leftOut: readonly string[] | null;
}

/** The look before an upgrade: everything that could spoil it, each with a verdict and what to do. Pure. */
export function preflight(facts: PreflightFacts): PreflightCheck[] {
  return [
    dpkgCheck(facts),
    locksCheck(facts),
    updatersCheck(facts),
    spaceCheck(facts),
    inodesCheck(facts),
    clockCheck(facts),
    indexCheck(facts),
    sudoCheck(facts),
    ...backupCheck(facts),
    ...presenceChecks(facts.presence),
    ...chosenCheck(facts),
  ];
}

/** Whether every package is whole. */
export function dpkgCheck({
  analysis: { dpkg },
}: {
  analysis: Pick<PreflightFacts['analysis'], 'dpkg'>;
}): PreflightCheck {
  if (dpkg.interrupted === true)
    return check('dpkg', 'blocked', say.check_dpkg_interrupted(), remediationOf('dpkg_interrupted'));
  if (dpkg.broken === null || dpkg.interrupted === null) return check('dpkg', 'unknown', say.check_dpkg_unknown());
  if (dpkg.broken.length === 0) return check('dpkg', 'ok', say.check_dpkg_whole());
  const packages = dpkg.broken.map(({ name }) => name).join(', ');
  return check('dpkg', 'blocked', say.check_dpkg_broken({ packages }), remediationOf('packages_broken'));
}

/** Who holds a lock of apt or dpkg: a run that meets one waits for a while. */
export function locksCheck({ locks }: Pick<PreflightFacts, 'locks'>): PreflightCheck {
  if (locks === null) return check('locks', 'unknown', say.check_locks_unknown());
  const held = heldLock(locks);
  return held === null
    ? check('locks', 'ok', say.check_locks_free())
    : check('locks', 'warning', held, say.check_locks_action());
}

/** Who holds the locks that `plan_locks` found; null: nobody holds one. */
export function heldLock(locks: string): Sentence | null {
  const held = linesOf(locks).map((line) => {
    const [lock = '', pid = '', command = ''] = line.split('\t');
    return { lock, pid, command };
  });
  const [first, ...more] = held;
  if (first === undefined) return null;
  const { lock, pid, command } = first;
  if (more.length > 0) {
    const each = held.map((one) => `${one.lock} (${[one.command, one.pid].filter(Boolean).join(' ')})`);
    return say.check_locks_held_all({ locks: each.join(', ') });
  }
  const holder = command === '' ? say.process({ pid }) : say.process_named({ name: command, pid });
  return say.check_locks_held({ lock, holder });
}

export interface SudoFacts {
  /** Text of the section `plan_sudo`; null: not answered. */
  readonly sudo: string | null;
  /** Names of packages that the change removes. */
  readonly removed: readonly string[];
}

/** Whether this program has the rights of root, by whose sudo, and whether it keeps them. */
export function sudoCheck({ sudo, removed }: SudoFacts): PreflightCheck {
  if (sudo === null) return check('sudo', 'unknown', say.check_sudo_unknown());
  const values = parseKeyValues('plan_sudo', sudo);
  const user = values.get('user')?.[0] ?? '';
  if (values.get('uid')?.[0] !== '0')
    return check('sudo', 'blocked', say.check_sudo_missing(), say.check_sudo_missing_action());
  if (user === '') return check('sudo', 'ok', say.check_sudo_root());
  return removed.includes('sudo')
    ? check('sudo', 'blocked', say.check_sudo_goes({ user }), say.check_sudo_goes_action())
    : check('sudo', 'ok', say.check_sudo_granted({ user }));
}

/** Whether another program changes packages at this moment. */
export function updatersCheck({
  analysis: { co_management },
}: {
  analysis: Pick<PreflightFacts['analysis'], 'co_management'>;
}): PreflightCheck {
  if (co_management === null) return check('updaters', 'unknown', say.check_updaters_unknown());
  const { busy } = co_management;
  return busy.length === 0
    ? check('updaters', 'ok', say.check_updaters_none())
    : check('updaters', 'warning', say.check_updaters_busy({ who: busy.join(', ') }), say.check_locks_action());
}

/** Whether what the change brings has room. */
export function spaceCheck({ fileSystems }: Pick<PreflightFacts, 'fileSystems'>): PreflightCheck {
  if (fileSystems === null) return check('space', 'unknown', say.check_space_unknown());
  const short = fileSystems.find(({ needed_bytes, available_bytes }) => (needed_bytes ?? 0) > available_bytes);
  if (short !== undefined)
    return check('space', 'blocked', say.check_space_short({ mount: short.mount }), say.check_space_action());
  if (fileSystems.some(({ needed_bytes }) => needed_bytes === null))
    return check('space', 'unknown', say.check_space_unknown());
  const low = fileSystems.find(
    ({ needed_bytes, available_bytes, size_bytes }) =>
      (needed_bytes ?? 0) > 0 && available_bytes - (needed_bytes ?? 0) < size_bytes * LOW_SHARE,
  );
  return low === undefined
    ? check('space', 'ok', say.check_space_enough())
    : check('space', 'warning', say.check_space_low({ mount: low.mount }), say.check_space_action());
}

/** Whether an inode is free wherever the change writes. */
export function inodesCheck({ fileSystems }: Pick<PreflightFacts, 'fileSystems'>): PreflightCheck {
  if (fileSystems === null) return check('inodes', 'unknown', say.check_space_unknown());
  const full = fileSystems.find(
    (one) => one.inodes !== null && one.inodes > 0 && one.inodes_free === 0 && isWritten(one),
  );
  if (full !== undefined)
    return check('inodes', 'blocked', say.check_inodes_none({ mount: full.mount }), remediationOf('no_inodes'));
  const low = fileSystems.find(
    ({ inodes, inodes_free }) => inodes !== null && inodes_free !== null && inodes_free < inodes * LOW_SHARE,
  );
  return low === undefined
    ? check('inodes', 'ok', say.check_inodes_enough())
    : check('inodes', 'warning', say.check_inodes_low({ mount: low.mount }), say.check_space_action());
}

/** dpkg writes to all of them, whether packages grow or not; where kernels stand, only if one comes. */
function isWritten({ mount, needed_bytes }: UpgradeFileSystem): boolean {
  return needed_bytes !== 0 || !/^\/boot(?:\/|$)/.test(mount);
}

/** Whether the clock of the machine is near enough to ours for what goes by dates. */
export function clockCheck({ machineTime, ownTime }: Pick<PreflightFacts, 'machineTime' | 'ownTime'>): PreflightCheck {
  if (machineTime === null) return check('clock', 'unknown', say.check_clock_unknown());
  const seconds = Math.round(Math.abs(machineTime - ownTime));
  return seconds <= CLOCK_OFF
    ? check('clock', 'ok', say.check_clock_right())
    : check('clock', 'warning', say.check_clock_off({ seconds }), say.check_clock_action());
}

/** How old the lists are that say what can be fetched. */
export function indexCheck({
  analysis: { index },
}: {
  analysis: Pick<PreflightFacts['analysis'], 'index'>;
}): PreflightCheck {
  if (index.basis === 'none') return check('index', 'blocked', say.no_index(), remediationOf('no_index'));
  if (index.basis === 'incomplete') return check('index', 'warning', say.index_incomplete(), say.not_analysed_action());
  if (index.age_seconds === null) return check('index', 'unknown', say.check_index_unknown());
  const hours = Math.round(index.age_seconds / 3600);
  return index.age_seconds <= INDEX_OLD
    ? check('index', 'ok', say.check_index_fresh())
    : check('index', 'warning', say.check_index_old({ hours }), say.not_analysed_action());
}

/** Only Proxmox hosts have backups of guests to meet. */
export function backupCheck({ backups }: Pick<PreflightFacts, 'backups'>): PreflightCheck[] {
  if (backups === null) return [check('backups', 'unknown', say.check_backups_unknown())];
  const values = parseKeyValues('plan_backups', backups);
  if (values.get('proxmox')?.[0] !== 'yes') return [];
  return values.has('backup')
    ? [check('backups', 'blocked', say.check_backups_running(), say.check_backups_action())]
    : [check('backups', 'ok', say.check_backups_none())];
}

function chosenCheck({ leftOut }: PreflightFacts): PreflightCheck[] {
  if (leftOut === null) return [];
  return leftOut.length === 0
    ? [check('chosen', 'ok', say.check_chosen_all())]
    : [check('chosen', 'warning', say.check_chosen_left({ packages: leftOut.join(', ') }))];
}
