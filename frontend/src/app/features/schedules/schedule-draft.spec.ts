import type { ActionDto } from '../../api/models';
import {
  CAREFUL,
  consequencesOf,
  draftOf,
  freshDraft,
  namesOf,
  needsPolicy,
  originsOf,
  schedulable,
} from './schedule-draft';

const action = (name: string, kind: ActionDto['kind']): ActionDto => ({ name, kind }) as ActionDto;
const known = [
  action('apt_update_analyze', 'read'),
  action('apt_upgrade_plan', 'read'),
  action('apt_upgrade', 'change'),
  action('apt_hold', 'change'),
];

it('offers what can be scheduled, never a plan by itself', () => {
  expect(schedulable(known).map(({ name }) => name)).toEqual(['apt_update_analyze', 'apt_upgrade', 'apt_hold']);
});

it('needs a policy where an action changes machines', () => {
  expect(needsPolicy([{ action: 'apt_update_analyze' }], known)).toBe(false);
  expect(needsPolicy([{ action: 'apt_update_analyze' }, { action: 'apt_upgrade' }], known)).toBe(true);
});

it('reads names in any form', () => {
  expect(namesOf(' linux-image-*, docker-ce\n docker-ce ')).toEqual(['linux-image-*', 'docker-ce']);
  expect(namesOf('')).toEqual([]);
});

it('reads origins, which may hold blanks', () => {
  expect(originsOf('Debian:12, Docker CE:bookworm,,')).toEqual(['Debian:12', 'Docker CE:bookworm']);
});

it('asks for consequences that a plan may come with, each once', () => {
  const actions = ['apt_upgrade', 'service_restart', 'reboot'].map((name) => ({ action: name }));
  expect(consequencesOf(actions)).toEqual(['proxmox_host', 'own_machine', 'guests', 'molly_guard', 'need_unknown']);
  expect(consequencesOf([{ action: 'apt_update_analyze' }])).toEqual([]);
});

it('starts careful, and keeps what a schedule says when it is edited', () => {
  expect(CAREFUL).toMatchObject({ archives: 'security', removals: false, newPackages: false });
  const draft = freshDraft('Europe/Paris');
  const saved = {
    ...draft,
    id: 'x',
    version: 3,
    policy: CAREFUL,
    actions: [{ action: 'apt_upgrade', parameters: { mode: 'upgrade' } }],
  };
  expect(draftOf(saved as unknown as Parameters<typeof draftOf>[0])).toEqual({
    ...draft,
    policy: CAREFUL,
    actions: [{ action: 'apt_upgrade', parameters: { mode: 'upgrade' } }],
  });
});
