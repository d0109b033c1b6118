/** The closed lists of these tables, as their CHECK constraints have them. */

export const RECORDING_FORMATS = ['asciicast_v2', 'asciicast_v3'] as const;
export type RecordingFormat = (typeof RECORDING_FORMATS)[number];

export const TERMINAL_STATUSES = ['open', 'closed', 'error', 'killed'] as const;
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];
