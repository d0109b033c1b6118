/**
 * The lowest UUID version 7 of a moment: ids made before it are smaller, ids made at it or later are not. So a bound of
 * time is a bound of id, and the primary key serves it.
 */
export function lowestId(at: Date): string {
  const hex = at.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** The moment that a UUID version 7 begins with. */
export function timeOfId(id: string): Date {
  return new Date(Number.parseInt(id.replace('-', '').slice(0, 12), 16));
}

/** The first moment of the month, or of one so many months later, in UTC. */
export function startOfMonth(at: Date, later = 0): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + later));
}
