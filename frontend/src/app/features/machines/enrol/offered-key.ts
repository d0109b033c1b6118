import type { HostKeyDto } from '../../../api/models';

/**
 * The key that people have to decide about; null when there is none. Keys of other types beside an approved one need no
 * decision, and in quarantine only what was shown in place of the approved key does.
 */
export function offeredKey(keys: readonly HostKeyDto[], quarantined: boolean): HostKeyDto | null {
  const approved = approvedKey(keys) !== null;
  if (approved && !quarantined) {
    return null;
  }
  const changed = keys.find((key) => key.status === 'changed');
  return changed ?? (approved ? null : (keys.find((key) => key.status === 'unknown') ?? null));
}

/** The key that was approved before; null where none is. */
export function approvedKey(keys: readonly HostKeyDto[]): HostKeyDto | null {
  return keys.find((key) => key.status === 'approved') ?? null;
}
