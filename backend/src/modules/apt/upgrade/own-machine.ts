import type { OwnHosts } from '../../../kernel/hosts/product-hosts';
import type { PlanConsequence, PreflightCheck } from '../../jobs/actions/change-action';
import { say } from '../apt.sentences';
import { check } from './check';

/** The same moment, as the server and the file of its process note it, in seconds. */
const SAME_START = 60;

/** What of this program runs on a machine; null: not known. */
export interface OwnPresence {
  /** One of its processes. */
  readonly program: boolean | null;
  readonly database: boolean | null;
}

/** @param told by the section `plan_itself` */
export function presenceOn(told: string, own: OwnHosts): OwnPresence {
  return { program: runsProgram(told, own), database: runsDatabase(told, own) };
}

/** Whether this program, and whether its database, runs on the machine. */
export function presenceChecks({ program, database }: OwnPresence): PreflightCheck[] {
  return [
    verdictOn('itself', program, {
      here: say.check_itself(),
      action: say.check_itself_action(),
      elsewhere: say.check_not_itself(),
      unknown: say.check_itself_unknown(),
    }),
    verdictOn('database', database, {
      here: say.check_database(),
      action: say.check_database_action(),
      elsewhere: say.check_database_elsewhere(),
      unknown: say.check_database_unknown(),
    }),
  ];
}

/** Whoever changes the machine that this program needs accepts that by hand. */
export function presenceConsequences({ program, database }: OwnPresence): PlanConsequence[] {
  if (program === true) return [{ code: 'own_machine', sentence: say.check_itself() }];
  return database === true ? [{ code: 'own_machine', sentence: say.check_database() }] : [];
}

function runsProgram(told: string, own: OwnHosts): boolean | null {
  const id = /^machine_id=([0-9a-f]{32})$/m.exec(told)?.[1];
  if (id === undefined) return null;
  if (own.machineIds.has(id)) return true;
  return own.complete ? false : null;
}

/** A copy of the cluster has its identifier, but was not started at the same moment. */
function runsDatabase(told: string, { database }: OwnHosts): boolean | null {
  if (database === null) return null;
  const servers = [...told.matchAll(/^database=(\d+) (\d+)$/gm)];
  const here = servers.some(
    ([, identifier, startedAt]) =>
      identifier === database.systemIdentifier && Math.abs(Number(startedAt) - database.startedAt) <= SAME_START,
  );
  if (here) return true;
  return /^databases=all$/m.test(told) ? false : null;
}

function verdictOn(
  code: string,
  here: boolean | null,
  words: Record<'here' | 'action' | 'elsewhere' | 'unknown', PreflightCheck['sentence']>,
): PreflightCheck {
  if (here === null) return check(code, 'unknown', words.unknown);
  return here ? check(code, 'warning', words.here, words.action) : check(code, 'ok', words.elsewhere);
}
