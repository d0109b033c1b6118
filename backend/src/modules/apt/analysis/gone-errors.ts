import type { GoneErrors } from '../../history/important-messages';
import { APT_ERROR_KINDS, type AptErrorKind } from '../contracts/apt-error-kinds';
import type { AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';

/**
 * Which errors this analysis would have met if they were there still: each class by what shows it, whatever else fails. A repository
 * that never answers hides its own errors, and no others. Pure.
 */
export function goneErrors(document: AptUpdateAnalyze): GoneErrors {
  const { errors, repositories } = document;
  const codes = APT_ERROR_KINDS.filter(
    (kind) => showsAll(kind, document) && !errors.some((error) => error.kind === kind && error.subject === null),
  );
  const silent = (repositories ?? []).filter(({ result }) => result !== 'refreshed' && result !== 'unchanged');
  const met = errors.flatMap(({ subject }) => subject ?? []);
  return { codes, except: [...new Set([...met, ...silent.map(({ uri, suite }) => `${uri} ${suite}`)])] };
}

/** What keeps apt from simulating anything. */
const OF_SIMULATIONS: ReadonlySet<string> = new Set<AptErrorKind>([
  'held_broken',
  'sources_invalid',
  'unmet_dependencies',
]);
/** What keeps lists from being fetched or written, whichever they are. */
const OF_REFRESHES: ReadonlySet<string> = new Set<AptErrorKind>([
  'no_space',
  'permission',
  'read_only_fs',
  'refresh_failed',
  'refresh_timed_out',
]);

function showsAll(kind: AptErrorKind, { refresh, repositories, index, dpkg, plans }: AptUpdateAnalyze): boolean {
  const fetched = refresh.outcome === 'refreshed' || refresh.outcome === 'partial';
  if (OF_REFRESHES.has(kind) || kind.startsWith('proxy_')) return fetched;
  // Before it ran out of time it had got its lock, and some repositories may have answered.
  const began = fetched || refresh.outcome === 'timed_out';
  if (kind === 'apt_lock_busy') return began;
  if (kind.startsWith('repo_')) return began && repositories !== null;
  if (OF_SIMULATIONS.has(kind)) return Object.values(plans).every((plan) => plan !== null);
  switch (kind) {
    case 'no_repositories':
    case 'no_index':
      return repositories !== null && index.basis !== 'unknown';
    case 'dpkg_interrupted':
      return dpkg.interrupted === false;
    case 'packages_broken':
      return dpkg.broken?.length === 0;
    case 'answer_incomplete':
    case 'answer_unreadable':
      return refresh.outcome !== 'skipped';
    default:
      return false;
  }
}
