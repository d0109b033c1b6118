import type { OwnHosts } from '../../../kernel/hosts/product-hosts';
import type { Sentence } from '../../../kernel/sentences/sentences';
import type { PlanConsequence, PlanOutcome } from '../../jobs/actions/change-action';
import type { CollectedRun } from '../../jobs/actions/job-action';
import { parseEnvironment, readDpkgState, readReboot } from '../analysis/machine-reading';
import { SectionReader } from '../analysis/sections';
import { say } from '../apt.sentences';
import { remediationOf } from '../contracts/apt-error-kinds';
import type { RebootState } from '../contracts/apt-update-analyze.v1';
import type { RebootMachineKind, RebootPlan } from '../contracts/reboot-plan.v1';
import { linesOf, readable } from '../parsers/parse-error';
import { presenceConsequences, presenceOn, type OwnPresence } from '../upgrade/own-machine';
import { answered, bootFacts } from './boot-facts';
import { clusterChecks } from './cluster-checks';
import { parseInhibitors } from './inhibitors';
import { rebootPreflight } from './reboot-preflight';
import { NO_PACKAGES } from '../upgrade/plan-effects';

export interface RebootParameters {
  /** So long the machine may be silent, in seconds. */
  readonly wait_seconds: number;
  /** Without a need there is nothing to do. */
  readonly only_if_needed: boolean;
}

/** What this program knows by itself about the machine. */
export interface RebootContext {
  readonly parameters: RebootParameters;
  /** The machines that this program runs on. */
  readonly ownHosts: OwnHosts;
}

/** Turns the answer of the plan's script into a plan. Pure; without a boot to tell apart there is none. */
export function rebootPlan({ sections }: CollectedRun, { parameters, ownHosts }: RebootContext): PlanOutcome {
  const lines = answered(sections, 'plan_lines');
  const boot = bootFacts(sections, 'plan_boot', 'plan_failed');
  if (lines === null || boot === null) return { kind: 'failed', failure: unreadable() };
  const reader = new SectionReader(sections);
  const { reboot } = readReboot(reader, reader.read('environment', parseEnvironment));
  if (parameters.only_if_needed && reboot.state === 'not_needed') {
    return { kind: 'nothing', summary: say.reboot_plan_nothing() };
  }
  const details: RebootPlan = {
    machine_kind: kindOf(sections, reboot),
    virtualization: virtualizationOf(sections),
    boot: boot.boot,
    uptime_seconds: boot.uptime_seconds,
    running_kernel: boot.kernel,
    expected_kernel: reboot.expected_kernel,
    need: {
      state: reboot.state,
      reasons: reboot.reasons.map(({ signal, verdict, detail }) => ({ signal, verdict, detail })),
    },
    inhibitors: parsed(sections, 'plan_inhibitors', parseInhibitors),
    molly_guard: parsed(sections, 'plan_guard', (text) => /^guard=yes$/m.test(text)),
    users: parsed(sections, 'plan_users', usersOf),
    guests: parsed(sections, 'plan_guests', guestsOf),
    failed_units: boot.failed_units,
    wait_seconds: parameters.wait_seconds,
  };
  const presence = presenceOn(answered(sections, 'plan_itself') ?? '', ownHosts);
  const checks = rebootPreflight(details, {
    dpkg: readDpkgState(reader),
    locks: answered(sections, 'plan_locks'),
    backups: answered(sections, 'plan_backups'),
    systemd: boot.system !== null,
    presence,
    cluster: details.machine_kind === 'proxmox_host' ? clusterChecks(sections, details.guests) : [],
  });
  const consequences = [
    ...consequencesOf(details, presence),
    ...(parameters.only_if_needed && reboot.state !== 'needed' ? [NEED_UNKNOWN] : []),
  ];
  const risk = consequences.length > 0 || details.machine_kind === 'proxmox_host' ? 'high' : 'medium';
  const summary = summaryOf(reboot);
  const effects = NO_PACKAGES;
  return { kind: 'planned', plan: { lines: linesOf(lines), summary, risk, effects, consequences, checks, details } };
}

/** Who wants a restart only if it is needed has to say so where that cannot be told. */
const NEED_UNKNOWN: PlanConsequence = { code: 'need_unknown', sentence: say.consequence_need_unknown() };

function summaryOf({ state, reasons }: RebootState): Sentence {
  if (state === 'not_needed') return say.reboot_plan_needless();
  const why = reasons.find(({ verdict }) => verdict === 'needed')?.detail;
  return why === undefined ? say.reboot_plan_unknown() : say.reboot_plan_needed({ why });
}

function consequencesOf({ guests, molly_guard }: RebootPlan, presence: OwnPresence): PlanConsequence[] {
  const names = (guests ?? []).map(({ number, name }) => `${number} ${name}`.trim()).join(', ');
  return [
    ...(names === '' ? [] : [{ code: 'guests', sentence: say.consequence_guests({ guests: names }) }]),
    ...(molly_guard === true ? [{ code: 'molly_guard', sentence: say.consequence_guard() }] : []),
    ...presenceConsequences(presence),
  ];
}

function kindOf(sections: CollectedRun['sections'], { container }: RebootState): RebootMachineKind {
  if (container === true) return 'container';
  if (/^proxmox=yes$/m.test(answered(sections, 'plan_backups') ?? '')) return 'proxmox_host';
  const virtualization = virtualizationOf(sections);
  if (container === null || virtualization === null) return 'unknown';
  return virtualization === 'none' ? 'physical' : 'virtual';
}

function virtualizationOf(sections: CollectedRun['sections']): string | null {
  const word = answered(sections, 'plan_virtualization')?.trim() ?? '';
  return word === '' ? null : word;
}

/** `who` prints name, terminal, and since when. Sessions without a terminal are runs like this very one. */
function usersOf(text: string): { name: string; terminal: string; since: string }[] {
  return linesOf(text).flatMap((line) => {
    const [, name, terminal, since] = /^(\S+)\s+((?:pts\/|tty|:)\S*)\s*(.*)$/.exec(line) ?? [];
    return name === undefined || terminal === undefined ? [] : [{ name, terminal, since: since ?? '' }];
  });
}

function guestsOf(text: string): { kind: string; number: string; name: string }[] {
  return linesOf(text).flatMap((line) => {
    const [kind = '', number = '', name = ''] = line.split('\t');
    return kind === '' || number === '' ? [] : [{ kind, number, name }];
  });
}

function parsed<T>(sections: CollectedRun['sections'], name: string, parse: (text: string) => T): T | null {
  const text = answered(sections, name);
  return text === null ? null : readable(() => parse(text));
}

function unreadable() {
  return {
    kind: 'answer_unreadable',
    message: say.reboot_plan_unreadable(),
    action: remediationOf('answer_unreadable'),
  };
}
