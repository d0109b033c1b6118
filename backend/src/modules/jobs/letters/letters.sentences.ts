import { sentences } from '../../../kernel/sentences/sentences';

/** `action` is the title of an action, a sentence of its own room. */
export const say = sentences('letters', {
  not_dead: 'Only a job that ended without a result can be started again.',
  not_dead_action: 'Start the action itself on the machine.',
  settled: 'Somebody has dealt with this job already, or a later one took its place.',
  settled_action: 'Look at what ran on the machine since.',
  change: '{action} changes the machine, so it is never run a second time by itself.',
  change_action: 'Plan it again, look at the plan, and confirm that.',
  which: 'name jobs, or what they have in common, and not both',
});
