import type { ChangeDeclaration } from '../actions/change-action';

/** What somebody who wants a change to end may expect, by the step at which it stands; null: before the first. Pure. */
export function whatStopMeans(steps: ChangeDeclaration['steps'], step: string | null): string {
  const at = steps.findIndex(({ name }) => name === step);
  if (steps.slice(Math.max(at, 0)).some(({ stoppable }) => stoppable)) {
    return 'Asked to stop: it does so after a step that may end the run.';
  }
  const what = step === null ? 'what is at work' : `the step ${step}`;
  return `Asked to stop, but ${what} is never interrupted and nothing after it ends the run: it goes on to its end.`;
}
