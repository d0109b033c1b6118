import type { PreflightCheck } from '../../jobs/actions/change-action';
import type { CollectedRun } from '../../jobs/actions/job-action';
import type { RebootPlan } from '../contracts/reboot-plan.v1';
import { readable } from '../parsers/parse-error';
import { parseHa, parseMigrations, parseQuorum, type HaState } from '../parsers/proxmox-cluster';
import { say } from '../proxmox.sentences';
import { check } from '../upgrade/check';
import { answered } from './boot-facts';

/** What the sections said; null: not answered, or in a form that is not known. */
type Told = CollectedRun['sections'];

/** Services of high availability that are on their way somewhere, or are about to be. */
const AT_WORK: ReadonlySet<string> = new Set([
  'migrate',
  'relocate',
  'recovery',
  'fence',
  'request_start',
  'request_start_balance',
  'request_stop',
]);

/** What each part of the look is asked of, by the check that it is for. */
const TOOLS: ReadonlyMap<string, string> = new Map([
  ['migrations', 'pvesh'],
  ['quorum', 'pvecm'],
  ['ha', 'ha-manager'],
]);

/** What a restart of a Proxmox host would meet in its cluster. Pure. */
export function clusterChecks(sections: Told, guests: RebootPlan['guests']): PreflightCheck[] {
  const ha = parsed(sections, 'plan_ha', parseHa);
  return [
    ...[migrationsCheck(sections), quorumCheck(sections), haCheck(ha)].map((one) => silentCheck(sections, one)),
    guestsCheck(ha, guests),
  ];
}

/** In a cluster that does not answer, nobody knows whether this host may leave it. Without one there is nothing to ask for. */
function silentCheck(sections: Told, known: PreflightCheck): PreflightCheck {
  const says = (part: string): string => answered(sections, `plan_${part}`)?.trim() ?? '';
  const asked = sections.has(`plan_${known.code}`);
  if (!asked || says(known.code) !== '' || says('quorum') === 'alone') return known;
  const tool = TOOLS.get(known.code) ?? known.code;
  return check(known.code, 'blocked', say.check_cluster_silent({ tool }), say.check_cluster_silent_action());
}

function migrationsCheck(sections: Told): PreflightCheck {
  const running = parsed(sections, 'plan_migrations', parseMigrations);
  if (running === null) return check('migrations', 'unknown', say.check_migrations_unknown());
  if (running.length === 0) return check('migrations', 'ok', say.check_migrations_none());
  const guests = running.map(({ guest, node }) => `${guest} (${node})`.trim()).join(', ');
  return check('migrations', 'blocked', say.check_migrations({ guests }), say.check_migrations_action());
}

function quorumCheck(sections: Told): PreflightCheck {
  const text = answered(sections, 'plan_quorum');
  if (text?.trim() === 'alone') return check('quorum', 'ok', say.check_quorum_alone());
  const quorum = parsed(sections, 'plan_quorum', parseQuorum);
  if (quorum === null) return check('quorum', 'unknown', say.check_quorum_unknown());
  const { cluster, quorate, expected, present, own, needed } = quorum;
  if (!quorate) return check('quorum', 'blocked', say.check_quorum_missing({ cluster }), say.check_quorum_action());
  if (present - own >= needed) return check('quorum', 'ok', say.check_quorum({ cluster }));
  // A cluster of two loses it whenever one of them restarts: it could never be updated.
  return present < expected
    ? check('quorum', 'blocked', say.check_quorum_lost({ cluster, present, expected }), say.check_quorum_action())
    : check('quorum', 'warning', say.check_quorum_small({ cluster }), say.check_quorum_small_action());
}

function haCheck(ha: HaState | null): PreflightCheck {
  if (ha === null) return check('ha', 'unknown', say.check_ha_unknown());
  if (!ha.quorate) return check('ha', 'blocked', say.check_ha_quorum(), say.check_quorum_action());
  const named = (wanted: (state: string) => boolean): string =>
    ha.services
      .filter(({ state }) => wanted(state))
      .map(({ id, state }) => `${id} (${state})`)
      .join(', ');
  const busy = named((state) => AT_WORK.has(state));
  if (busy !== '') return check('ha', 'blocked', say.check_ha_busy({ guests: busy }), say.check_ha_busy_action());
  const failed = named((state) => state === 'error');
  if (failed !== '')
    return check('ha', 'warning', say.check_ha_failed({ guests: failed }), say.check_ha_failed_action());
  const count = ha.services.length;
  return check('ha', 'ok', count === 0 ? say.check_ha_none() : say.check_ha({ count }));
}

/** Guests that nobody starts elsewhere: they are away for as long as the host is. */
function guestsCheck(ha: HaState | null, guests: RebootPlan['guests']): PreflightCheck {
  if (ha === null || guests === null) return check('guests_ha', 'unknown', say.check_guests_ha_unknown());
  // What is ignored or disabled is left where it is.
  const kept = new Set(ha.services.filter(({ state }) => state === 'started').map(({ id }) => id));
  const left = guests.filter(({ kind, number }) => !kept.has(`${kind === 'vm' ? 'vm' : 'ct'}:${number}`));
  const names = left.map(({ number, name }) => `${number} ${name}`.trim()).join(', ');
  return names === ''
    ? check('guests_ha', 'ok', say.check_guests_ha_all())
    : check('guests_ha', 'warning', say.check_guests_ha({ guests: names }), say.check_guests_ha_action());
}

function parsed<T>(sections: Told, name: string, parse: (text: string) => T): T | null {
  const text = answered(sections, name);
  return text === null ? null : readable(() => parse(text));
}
