import type { Sentence } from '../../../kernel/sentences/sentences';
import type { PackageEffect } from '../../jobs/actions/change-action';
import type { ActionPlanDocument } from '../../jobs/contracts/action-plan';
import { say } from '../automation.sentences';
import type { PolicyDocument } from '../contracts/schedule-documents';

/** Consequences that a policy allows by a switch of its own. */
const SWITCHES = { removals: 'removals', downgrades: 'downgrades' } as const;

/** Packages that one sentence names. */
const NAMED = 5;

/** The codes of consequences that a policy accepts in advance. */
export function acceptedBy(policy: PolicyDocument): string[] {
  const switched = Object.entries(SWITCHES).flatMap(([code, name]) => (policy[name] ? [code] : []));
  return [...new Set([...switched, ...policy.accepted])];
}

/** What all of some policies accept; one that is not there accepts nothing. */
export function acceptedByAll(policies: readonly (PolicyDocument | null)[]): string[] {
  const [first = [], ...others] = policies.map((policy) => (policy === null ? [] : acceptedBy(policy)));
  return first.filter((code) => others.every((accepted) => accepted.includes(code)));
}

/** What of a plan goes beyond one policy or another, each said once. Pure. */
export function excessOfAll(
  policies: readonly PolicyDocument[],
  plan: Pick<ActionPlanDocument, 'consequences'>,
  effects: readonly PackageEffect[] | null,
): Sentence[] {
  return [...new Set(policies.flatMap((policy) => excessOf(policy, plan, effects)))];
}

/**
 * What of a plan goes beyond a policy, in sentences; empty: it may be carried out. What is not known counts as beyond.
 * Pure.
 * @param effects what the plan does to packages; null where the action changes none
 */
export function excessOf(
  policy: PolicyDocument,
  plan: Pick<ActionPlanDocument, 'consequences'>,
  effects: readonly PackageEffect[] | null,
): Sentence[] {
  const accepted = acceptedBy(policy);
  const consequences = plan.consequences
    .filter(({ code }) => !accepted.includes(code))
    // Said of the packages themselves below.
    .filter(({ code }) => effects === null || !(code in SWITCHES))
    .map(({ sentence }) => say.beyond_consequence({ consequence: sentence }));
  return [...packagesBeyond(policy, effects ?? []), ...consequences];
}

function packagesBeyond(policy: PolicyDocument, effects: readonly PackageEffect[]): Sentence[] {
  const of = (operation: PackageEffect['operation']) => effects.filter((effect) => effect.operation === operation);
  const coming = effects.filter(({ operation }) => operation !== 'remove');
  const rules: [readonly PackageEffect[], (parameters: { packages: string }) => Sentence][] = [
    [policy.removals ? [] : of('remove'), say.beyond_removals],
    [policy.new_packages ? [] : of('install'), say.beyond_new_packages],
    [policy.downgrades ? [] : of('downgrade'), say.beyond_downgrades],
    [effects.filter(({ name }) => matchesAny(policy.excluded_packages, name)), say.beyond_excluded],
    [effects.filter(({ name }) => policy.packages !== null && !matchesAny(policy.packages, name)), say.beyond_packages],
    [policy.archives === 'security' ? coming.filter(({ security }) => security !== true) : [], say.beyond_security],
    [coming.filter(({ origin }) => !fromAny(policy.origins, origin)), say.beyond_origins],
  ];
  return rules.flatMap(([beyond, sentence]) => (beyond.length === 0 ? [] : [sentence({ packages: named(beyond) })]));
}

/** Several origins offer the same version: one that is allowed is enough. */
function fromAny(origins: PolicyDocument['origins'], origin: string | null): boolean {
  if (origins === null) return true;
  return origin?.split(', ').some((one) => origins.some((allowed) => one.startsWith(allowed))) ?? false;
}

/** `name` or `name:arch` against patterns with `*` for any part. */
function matchesAny(patterns: readonly string[], name: string): boolean {
  const [bare = ''] = name.split(':');
  return patterns.some((pattern) => matches(pattern.split('*'), bare));
}

/** Without regular expressions: what people type may hold any of their signs. */
function matches([first = '', ...rest]: readonly string[], text: string): boolean {
  if (!text.startsWith(first)) return false;
  const last = rest.pop();
  if (last === undefined) return text === first;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

function named(effects: readonly PackageEffect[]): string {
  const names = effects.map(({ name }) => name);
  const more = names.length - NAMED;
  return [...names.slice(0, NAMED), ...(more > 0 ? [`+${String(more)}`] : [])].join(', ');
}
