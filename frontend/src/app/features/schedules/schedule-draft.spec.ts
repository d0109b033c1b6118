import type { ActionDto } from '../../api/models';
import {
  AS_MANY_AS_ALLOWED,
  CAREFUL,
  concurrencyOf,
  consequencesOf,
  draftOf,
  freshDraft,
  namesOf,
  needsPolicy,
  originsOf,
  refusedActions,
  schedulable,
  startable,
} from './schedule-draft';

const action = (name: string, kind: ActionDto['kind']): ActionDto =>
  ({ name, kind, permission: 'machines.run' }) as ActionDto;
const known = [
  action('apt_update_analyze', 'read'),
  action('apt_upgrade_plan', 'read'),
  action('apt_upgrade', 'change'),
  action('apt_hold', 'change'),
];

it('offers what can be scheduled, never a plan by itself', () => {
  expect(schedulable(known).map(({ name }) => name)).toEqual(['apt_update_analyze', 'apt_upgrade', 'apt_hold']);
});

it('refuses whoever may not confirm changes what changes machines, and whoever may start nothing everything', () => {
  const operator = ['machines.run', 'schedules.manage'];
  const refused = (permissions: string[]): string[] => [
    ...refusedActions(known, (permission) => permissions.includes(permission)),
  ];
  expect(refused(operator)).toEqual(['apt_upgrade', 'apt_hold']);
  expect(refused([...operator, 'changes.confirm'])).toEqual([]);
  expect(refused(['changes.confirm'])).toHaveLength(known.length);
  const changes = [{ kind: 'read' }, { kind: 'change' }] as const;
  const mayStart = (permissions: string[]): boolean =>
    startable(changes, (permission) => permissions.includes(permission));
  expect([operator, [...operator, 'changes.confirm'], ['changes.confirm']].map(mayStart)).toEqual([false, true, false]);
});

it('takes nothing, or none at a time, for as many as the installation allows', () => {
  expect([null, 0, 1, -3].map(concurrencyOf)).toEqual([AS_MANY_AS_ALLOWED, AS_MANY_AS_ALLOWED, 1, -3]);
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
  const may = (name: string, consequences: string[]): ActionDto => ({ ...action(name, 'change'), consequences });
  const server = [
    may('apt_upgrade', ['removals', 'downgrades', 'proxmox_host', 'own_machine']),
    may('apt_repair', ['removals', 'own_machine']),
    may('reboot', ['guests', 'own_machine']),
    may('apt_hold', ['no_updates']),
  ];
  const asked = (...names: string[]) =>
    consequencesOf(
      names.map((name) => ({ action: name })),
      server,
    );
  expect(asked('apt_upgrade', 'reboot')).toEqual(['proxmox_host', 'own_machine', 'guests']);
  // Removals and downgrades have a switch of their own.
  expect(asked('apt_repair')).toEqual(['own_machine']);
  expect(asked('apt_update_analyze')).toEqual([]);
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
