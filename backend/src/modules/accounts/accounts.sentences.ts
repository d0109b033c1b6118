import { sentences } from '../../kernel/sentences/sentences';

export const say = sentences('accounts', {
  username_taken: 'The user name {name} is taken.',
  username_taken_field: 'this user name is taken',
  username_form: '{field}: 2 to 32 of a-z, 0-9, dot, dash, underscore, beginning with a letter',
  choose_username: 'choose a user name',
  link_invalid: 'This link was used already, has expired, or was replaced by a newer one.',
  link_invalid_action: 'Ask an administrator for a new link; for the first start, run the start command again.',
  sign_in_crowded: 'Too many people are signing in at this moment.',
  sign_in_crowded_action: 'Try again in a few seconds.',
  too_many_attempts: 'Too many attempts to sign in.',
  too_many_attempts_action: 'Try again in {minutes} min.',
  user_disabled: '{name} is disabled.',
  user_disabled_action: 'Enable the account first.',
  last_administrator: '{name} is the last administrator.',
  last_administrator_action: 'Make somebody else an administrator first.',
  not_your_password: 'this is not your present password',
  sign_in_failed: 'The user name or the password is wrong, or the account is not active.',
  sign_in_failed_action: 'Try again, or ask an administrator for a reset link.',
});
