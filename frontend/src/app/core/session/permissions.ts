/** What an account may do; the server decides, the portal only hides what would be refused. */
export type Permission =
  | 'machines.read'
  | 'machines.write'
  | 'machines.run'
  | 'machines.purge'
  | 'credentials.write'
  | 'hostkeys.decide'
  | 'jobs.read'
  | 'jobs.cancel'
  | 'changes.confirm'
  | 'users.manage'
  | 'audit.read'
  | 'events.read'
  | 'messages.acknowledge'
  | 'tags.write'
  | 'system.read'
  | 'settings.read'
  | 'settings.write';
