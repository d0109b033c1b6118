import { sentences } from '../sentences/sentences';

export const say = sentences('errors', {
  no_such: 'There is no such {what}.',
  invalid_input: 'The request was refused and nothing was changed. Check: {fields}.',
  database_unavailable: 'The database does not answer at the moment. Nothing was changed.',
  database_unavailable_action: 'Try again in a few seconds; running work goes on and is not lost.',
  body_too_large: 'The request body is too large.',
  malformed_body: 'The request body could not be read as JSON: an object in UTF-8 is expected.',
  malformed_request: 'The request could not be read: its address or its body is not well-formed.',
  internal_error: 'Something went wrong here. It was written to the log under this request id.',
  no_address: 'There is nothing at this address.',
});
