import type { FinishedChange } from '../../jobs/actions/change-action';
import type { Unmeasured, UnmeasuredReason } from '../contracts/apt-upgrade-result.v5';

/** Of each thing that a result tells, the facts that it is read from. */
const FACTS = {
  packages: ['before', 'after'],
  counts: ['before', 'after'],
  changed_by_others: ['began', 'apt_worked', 'apt_history', 'dpkg_history'],
  conffiles: ['conffiles'],
  failed_units: ['failed_before', 'failed_after'],
  ports: ['ports_before', 'ports_after'],
  audit: ['audit'],
  reboot_flag: ['reboot_flag'],
  conffile_questions: ['archives'],
  news: ['archives'],
  conffile_changes: ['conffile_changes'],
  whole: ['whole'],
  complaints: ['whole'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** dpkg's audit ends with 1 where it found something. */
const GOOD_ENDS: Readonly<Record<string, readonly number[]>> = { audit: [0, 1] };
/** What a shell says of a command that is not there, and our facts of what does not exist on a machine. */
const NOT_THERE = 127;

/** Of what a result has null of: why it was not measured. Pure. */
export function unmeasured(
  run: FinishedChange,
  result: Readonly<Partial<Record<keyof typeof FACTS, unknown>>>,
): Unmeasured[] {
  return (Object.keys(FACTS) as (keyof typeof FACTS)[])
    .filter((name) => result[name] === null)
    .map((name) => ({ fact: name, reason: reasonOf(run, FACTS[name]) }));
}

/** Why what is read from these facts was not measured. */
export function reasonOf(run: FinishedChange, facts: readonly string[]): UnmeasuredReason {
  if (run.ending === 'drifted' || run.ending === 'stopped') return 'nothing_done';
  for (const name of facts) {
    const section = run.sections.get(name);
    if (section === undefined) return run.ending === 'interrupted' ? 'cut_off' : 'not_kept';
    if (section.exitCode === NOT_THERE) return 'not_there';
    if (!(GOOD_ENDS[name] ?? [0]).includes(section.exitCode)) return 'failed';
  }
  return 'unreadable';
}
