import type { MessageSource } from './entities/history.values';
import type { ImportantMessage } from './important-messages';

export interface LoggedMessage extends ImportantMessage {
  /** In the whole log, from 1. */
  readonly line: number;
}

/** Reads the log of a run from beginning to end, for what people should know when the log is gone. */
export interface LogWatcher {
  readonly source: MessageSource;
  /** @param text one line, masked, without its end */
  line(text: string, number: number): void;
  /** After the last line. */
  messages(): readonly LoggedMessage[];
  /** After the last line: where what stopped the run stands, by package; by the empty name where none is named. */
  errorLines(): ReadonlyMap<string, number>;
}
