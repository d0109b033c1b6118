import { sentences } from '../sentences/sentences';

export const say = sentences('live', {
  unreadable_frame: 'A message is a JSON object with the name of an event and its data.',
  unknown_event: 'There is no message {event}.',
});
