/** What the commands print: short lines for a person, on standard output. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** An expected failure of a command: its message is the whole story, without a stack. */
export class CommandError extends Error {}

/** Of what a command printed, the line that says why it failed. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

/** Ends the command with the error's own words; a stack only for what nobody expected. */
export function fail(error: unknown): never {
  const text =
    error instanceof CommandError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`\n${text}\n`);
  process.exit(1);
}
