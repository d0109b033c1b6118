import { sentences } from '../sentences/sentences';

/** What is wrong with a value that a JSON schema describes. */
export const say = sentences('schema', {
  missing: 'the field {name} is missing',
  no_such: 'there is no such field',
  not_of_type: 'it has to be of the type {type}',
  not_one_of: 'it has to be one of {words}',
  off_step: 'it has to be a multiple of {step}',
  too_few: 'it has to hold {least} entries or more',
  too_large: 'it has to be {maximum} or less',
  too_long: 'it has to be {most} characters long or less',
  too_many: 'it holds more than {most} entries',
  too_short: 'it has to be {least} characters long or more',
  too_small: 'it has to be {minimum} or more',
  twice: 'it holds the same entry twice',
});
