import { sentences } from '../sentences/sentences';

/** What class-validator says by itself, and the little that is said here. */
export const say = sentences('validation', {
  each: 'each value in {field}',
  array: '{field} must be an array',
  body_not_json: 'The request body must be JSON, with the header Content-Type: application/json.',
  unique: "All {field}'s elements must be unique",
  date: '{field} must be a Date instance',
  boolean: '{field} must be a boolean value',
  defined: '{field} should not be null or undefined',
  integer: '{field} must be an integer number',
  in: '{field} must be one of the following values: {values}',
  length: '{field} must be longer than or equal to {min} and shorter than or equal to {max} characters',
  longer: '{field} must be longer than or equal to {min} characters',
  moment:
    '{field} must be a moment between the years 2000 and 2999 with its offset, such as 2027-03-28T02:30:00Z or 2027-03-28T02:30:00+02:00',
  match: '{field} must match {pattern} regular expression',
  max: '{field} must not be greater than {max}',
  min: '{field} must not be less than {min}',
  no_such_field: 'property {field} should not exist',
  nested: 'nested property {field} must be either object or array',
  no_text: '{field} holds a sign that no text has',
  not_empty: '{field} should not be empty',
  object: '{field} must be an object',
  shorter: '{field} must be shorter than or equal to {max} characters',
  string: '{field} must be a string',
  too_deep: '{field} is nested too deeply',
  too_many: '{field} must contain no more than {max} elements',
  visible: '{field} must be a text of {min} to {max} characters that can be read',
  uuid: '{field} must be a UUID',
  cursor: '{field} does not belong to this list and order',
});
