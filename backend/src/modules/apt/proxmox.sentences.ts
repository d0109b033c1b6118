import { sentences } from '../../kernel/sentences/sentences';

/** What a restart of a Proxmox host meets in its cluster. */
export const say = sentences('proxmox', {
  check_cluster_silent: 'The tools of the cluster do not answer ({tool}): whether this host may leave it is not known.',
  check_cluster_silent_action: 'Find out on the host why they do not, and plan the restart again.',
  check_migrations_none: 'No guest is being moved between hosts.',
  check_migrations: 'Guests are being moved between hosts: {guests}.',
  check_migrations_action: 'Wait until they have arrived.',
  check_migrations_unknown: 'Whether a guest is being moved between hosts could not be read.',
  check_quorum_alone: 'This host belongs to no cluster.',
  check_quorum: 'The cluster {cluster} keeps its quorum without this host.',
  check_quorum_missing: 'The cluster {cluster} has no quorum.',
  check_quorum_lost:
    'Not all of the cluster {cluster} is there ({present} of {expected} votes): without this host it would lose its quorum.',
  check_quorum_action: 'Bring the missing hosts back first.',
  check_quorum_small:
    'While this host is away, the cluster {cluster} has no quorum: nothing can be changed or started there.',
  check_quorum_small_action: 'Choose a moment at which nobody needs that; guests that run go on.',
  check_quorum_unknown: 'Whether the cluster keeps its quorum could not be read.',
  check_ha_none: 'No guest is under high availability.',
  check_ha: 'High availability is at rest; guests under it: {count}.',
  check_ha_quorum: 'High availability has no quorum.',
  check_ha_busy: 'High availability is at work on: {guests}.',
  check_ha_busy_action: 'Wait until it is at rest; see ha-manager status.',
  check_ha_failed: 'High availability has given up on: {guests}.',
  check_ha_failed_action: 'Look at why; it does nothing for them until they are disabled and enabled again.',
  check_ha_unknown: 'What high availability does could not be read.',
  check_guests_ha_all: 'Every guest that runs is under high availability.',
  check_guests_ha: 'These guests are under no high availability and stop with the host: {guests}.',
  check_guests_ha_action: 'Move those that are needed to another host first.',
  check_guests_ha_unknown: 'Which of the guests that run are under high availability could not be read.',
});
