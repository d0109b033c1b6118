import { sentences } from '../../kernel/sentences/sentences';

export const say = sentences('windows', {
  cron: '{field} must have five fields: minute, hour, day of the month, month, day of the week',
  nth: '{field} names an nth day of the week, as FRI#2, which must stand alone: no list, no range, no step',
  never: '{field} names a date that no calendar has',
  step: '{field} has a step that is longer than what it goes through, as */61 for minutes',
  too_rare: '{field} opens at no time within a year: nothing could be changed until then',
  timezone: '{field} must be the name of a time zone, like Europe/Paris',
  opens_at_needed: '{field} is needed with the single opening @once',
  opens_at_past: '{field} must lie so that the window has not closed already',
  once_only: '{field} is used with the single opening @once only',
  unknown_subject: '{field} names nothing that exists',
  subject_needed: '{field} is needed with the scope {scope}',
  subject_other: '{field} does not go with the scope {scope}',
  changed_meanwhile: '{name} changed this window after you opened it.',
  tag_in_use: 'Maintenance windows go by this tag: {names}. Without it, its machines could be changed at any time.',
  windows_changed: 'Maintenance windows have changed.',
  tags_bind: 'By these tags other windows than {windows} would count for this machine, which is not yours to decide.',
  tags_bind_action: 'Leave the tags as they are, or ask an administrator.',
  look_again: 'Look at it as it is now, then change it again.',
});
