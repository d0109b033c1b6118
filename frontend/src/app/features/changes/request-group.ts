import type { ConfirmedPlanDto, EachResultDto, GroupedRequestDto, PlanConsequenceDto } from '../../api/models';

/** Requests that one call decides: what comes back shows how far it is. */
const PORTION = 25;

/** Decides all of it, for a reason; empty where none was given. @param told how many are answered */
export type DecideAll = (reason: string, told: (done: number) => void) => Promise<readonly EachResultDto[]>;

/** Decides in portions. What was answered is kept: called again after a failure, it goes on where it stopped. */
export function inPortions<T>(
  wanted: readonly T[],
  decide: (portion: T[], reason: string) => Promise<EachResultDto[]>,
): DecideAll {
  const results: EachResultDto[] = [];
  let done = 0;
  return async (reason, told) => {
    while (done < wanted.length) {
      const portion = wanted.slice(done, done + PORTION);
      results.push(...(await decide(portion, reason)));
      done += portion.length;
      told(done);
    }
    return results;
  };
}

/** What is sent of each: of what was ticked only what its own plan asks for. Pure. */
export function toConfirm(requests: readonly GroupedRequestDto[], accepted: ReadonlySet<string>): ConfirmedPlanDto[] {
  return requests.flatMap(({ id, planDigest, consequences }) =>
    planDigest === null
      ? []
      : [
          {
            id,
            digest: planDigest,
            accepted: consequences.map(({ code }) => code).filter((code) => accepted.has(code)),
          },
        ],
  );
}

/** A consequence, and how many of the requests have it. */
export interface CountedConsequence extends PlanConsequenceDto {
  readonly machines: number;
}

/** Each once by its code, in the order in which they are met. Pure. */
export function countedConsequences(requests: readonly GroupedRequestDto[]): CountedConsequence[] {
  const found = new Map<string, CountedConsequence>();
  for (const { consequences } of requests) {
    for (const one of consequences) {
      found.set(one.code, { ...one, machines: (found.get(one.code)?.machines ?? 0) + 1 });
    }
  }
  return [...found.values()];
}

/** Equal lines once, in byte order, with the machines that have them; what only names the machine is left out. Pure. */
export function sharedLines(
  requests: readonly Pick<GroupedRequestDto, 'machineId' | 'lines'>[],
): { line: string; machineIds: string[] }[] {
  const found = new Map<string, string[]>();
  for (const { machineId, lines } of requests) {
    for (const line of lines) {
      if (machineId !== null && line !== `machine ${machineId}`) {
        const known = found.get(line);
        if (known === undefined) {
          found.set(line, [machineId]);
        } else {
          known.push(machineId);
        }
      }
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([line, machineIds]) => ({ line, machineIds }));
}

/** Reasons of refusals, each once with how many it kept, what kept most first. Pure. @param words of a refusal, as it is shown */
export function refusalsOf(
  results: readonly EachResultDto[],
  words: (result: EachResultDto) => string,
): { readonly why: string; readonly n: number }[] {
  const counts = new Map<string, number>();
  for (const result of results.filter(({ outcome }) => outcome === 'refused')) {
    const why = words(result);
    counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  return [...counts].map(([why, n]) => ({ why, n })).sort((a, b) => b.n - a.n);
}
