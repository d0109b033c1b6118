import { sentences } from '../../kernel/sentences/sentences';

export const say = sentences('networks', {
  range_nonsense: '{range} is no range of addresses: write it as 10.1.0.0/16 or 2001:db8::/48',
  range_host_bits: '{range} names an address within its range: write {meant} instead',
  range_twice: '{range} is given twice',
  range_taken: 'The range {range} belongs to the network {name} already.',
  range_taken_action:
    'Take it out there first, or give a narrower range here: the narrowest that holds an address counts.',
  name_taken: 'There is a network with the name {name} already.',
  changed_meanwhile: '{name} changed this network after you opened it.',
  look_again: 'Look at the network as it is now, then change it again.',
  networks_changed: 'Machines belong to other networks than before.',
});
