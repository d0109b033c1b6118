import type { EditableMachine } from './machines.repository';

type Described = EditableMachine & { readonly tags: readonly string[] };

/** One changed field. */
export interface FieldChange {
  readonly from: unknown;
  readonly to: unknown;
}

const plainFields = ['name', 'hostname', 'port', 'username', 'machineKind', 'aptProxyMode', 'aptProxyUrl'] as const;

/** What an edit changed, by field. A proxy password shows as changed, never as a value. */
export function machineChanges(before: Described, after: Described): Record<string, FieldChange> {
  const changes: Record<string, FieldChange> = {};
  for (const field of plainFields) {
    if (before[field] !== after[field]) changes[field] = { from: before[field], to: after[field] };
  }
  if (before.encAptProxyPassword !== after.encAptProxyPassword) {
    const stored = (value: string | null) => (value === null ? 'none' : 'stored');
    changes['aptProxyPassword'] = { from: stored(before.encAptProxyPassword), to: stored(after.encAptProxyPassword) };
  }
  if (before.tags.join('\n') !== after.tags.join('\n')) changes['tags'] = { from: before.tags, to: after.tags };
  return changes;
}
