import { sentences } from '../../kernel/sentences/sentences';

export const say = sentences('settings', {
  changed_meanwhile: '{name} changed {setting} meanwhile.',
  reset_meanwhile: '{setting} was set back to its default meanwhile.',
  look_again: 'Look at the present value, then decide again.',
  not_a_network:
    'it has to be a network in CIDR notation without host part, such as 10.20.0.0/16, not wider than /8 (IPv6: /32), and no loopback, link-local or multicast network',
});
