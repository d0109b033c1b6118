import { sentences } from '../../kernel/sentences/sentences';

export const say = sentences('settings', {
  changed_meanwhile: '{name} changed {setting} meanwhile.',
  reset_meanwhile: '{setting} was set back to its default meanwhile.',
  look_again: 'Look at the present value, then decide again.',
  not_one_of: 'it has to be one of {words}',
  too_small: 'it has to be {minimum} or more',
  too_large: 'it has to be {maximum} or less',
  off_step: 'it has to be a multiple of {step}',
  not_of_type: 'it has to be of the type {type}',
  twice: 'it holds the same entry twice',
  too_many: 'it holds more than {most} entries',
  not_a_network:
    'it has to be a network in CIDR notation without host part, such as 10.20.0.0/16, not wider than /8 (IPv6: /32), and no loopback, link-local or multicast network',
});
