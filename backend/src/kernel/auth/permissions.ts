/** Every permission there is. A route or socket message names exactly one, or is public. */
export const permissions = [
  'machines.read',
  'machines.write',
  'machines.run',
  'machines.purge',
  'credentials.write',
  'hostkeys.decide',
  'jobs.read',
  'jobs.cancel',
  /** Start again, or dismiss, jobs that ended without a result. */
  'jobs.redrive',
  'changes.confirm',
  'schedules.read',
  'schedules.manage',
  'events.read',
  'messages.acknowledge',
  'tags.write',
  'windows.write',
  /** Begin a change outside its maintenance window. */
  'windows.override',
  'system.read',
  'settings.read',
  'settings.write',
  'users.manage',
  'audit.read',
  /** One's own profile; everybody who is signed in. */
  'me',
] as const;
export type Permission = (typeof permissions)[number];

export const roles = ['viewer', 'operator', 'administrator'] as const;
export type Role = (typeof roles)[number];

const viewer: readonly Permission[] = [
  'machines.read',
  'jobs.read',
  'schedules.read',
  'events.read',
  'system.read',
  'settings.read',
  'me',
];
const operator: readonly Permission[] = [
  ...viewer,
  'machines.write',
  'machines.run',
  'credentials.write',
  'jobs.cancel',
  'jobs.redrive',
  'schedules.manage',
  'messages.acknowledge',
  'tags.write',
];

const byRole: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  viewer: new Set(viewer),
  operator: new Set(operator),
  administrator: new Set(permissions),
};

export function permissionsOf(role: Role): Permission[] {
  return permissions.filter((permission) => byRole[role].has(permission));
}

export function roleAllows(role: Role, permission: Permission): boolean {
  return byRole[role].has(permission);
}
