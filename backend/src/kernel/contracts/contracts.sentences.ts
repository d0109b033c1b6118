import { sentences } from '../sentences/sentences';

/** `document` is a contract with its version: `job_steps@7`. */
export const say = sentences('contracts', {
  newer: 'A newer version of this program wrote {document}. It is shown as it is stored.',
  unknown: 'This program does not know {document}. It is shown as it is stored.',
  damaged: 'What is stored as {document} does not match its schema. It is shown as it is stored.',
});
