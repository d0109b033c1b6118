/** Everything that is audited, as `room.verb`. The portal has words for each (`audit.action.…`). */
export const AUDIT_ACTIONS = [
  'apt_proxy.used',
  'credentials.replaced',
  'credentials.stored',
  'credentials.used',
  'host_key.approved',
  'host_key.rejected',
  'link.invite.accept',
  'link.invite.issue',
  'link.reset.accept',
  'link.reset.issue',
  'link.setup.accept',
  'link.setup.issue',
  'machine.purged',
  'session.end',
  'session.start',
  'setting.change',
  'setting.reset',
  'user.change',
  'user.invite',
  'user.password',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];
