import type { OwnHosts } from '../../../kernel/hosts/product-hosts';
import type { PreflightCheck } from '../../jobs/actions/change-action';
import type { CollectedRun } from '../../jobs/actions/job-action';
import { coManagement, dpkgState } from '../analysis/dpkg-state';
import type { CoManagement, DpkgState } from '../contracts/apt-update-analyze.v1';
import { parseCoManagers } from '../parsers/co-managers';
import { parseDpkgState } from '../parsers/dpkg';
import { linesOf, readable } from '../parsers/parse-error';
import { answered } from '../parsers/plan-answers';
import { presenceOn, type OwnPresence } from './own-machine';

/** The state of dpkg, by the sections `dpkg_state` and `dpkg_updates`. */
export function dpkgOf(run: CollectedRun): DpkgState {
  const state = answered(run, 'dpkg_state');
  const journal = answered(run, 'dpkg_updates');
  return dpkgState(
    state === null ? null : readable(() => parseDpkgState(state)),
    journal === null ? null : linesOf(journal),
    null,
  );
}

/** Who else changes packages, by the section `co_managers`; null: not known. */
export function coManagersOf(run: CollectedRun): CoManagement | null {
  const found = answered(run, 'co_managers');
  return found === null ? null : readable(() => coManagement(parseCoManagers(found)));
}

/** What of this program runs on the machine, by the section `plan_itself`. */
export function presenceOf(run: CollectedRun, own: OwnHosts): OwnPresence {
  return presenceOn(answered(run, 'plan_itself') ?? '', own);
}

/** A warning that keeps this change from being confirmed. */
export function blocking(check: PreflightCheck): PreflightCheck {
  return check.verdict === 'warning' ? { ...check, verdict: 'blocked' } : check;
}
