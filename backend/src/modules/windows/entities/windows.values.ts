/** What a window speaks of, the widest first. */
export const WINDOW_SCOPES = ['fleet', 'tag', 'machine'] as const;
export type WindowScope = (typeof WINDOW_SCOPES)[number];

/** Event type: windows are others than they were, so what waits for one has to be looked at again. */
export const WINDOWS_CHANGED = 'maintenance_windows_changed';
