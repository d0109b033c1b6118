import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parameterLines } from './quote';
import type { SudoMode } from './run-types';

const prelude = readFileSync(join(__dirname, 'scripts', 'prelude.sh'));
/** By text. Scripts are constants of this program, what differs from run to run are their parameters: so this stays small. */
const encoded = new Map<string, Buffer>();

/** What goes to the machine for one run, and the random words to recognise its answers by. */
export interface RunPayload {
  /** The command of the exec request. Holds no secret and no data, only random words and a length. */
  readonly command: string;
  /** Sent to standard input once {@link started} was seen. */
  readonly input: Buffer;
  /** sudo's prompt. */
  readonly prompt: string;
  /** Printed, as a line, by the tiny shell that waits for the script: it is root now (or the login user, without sudo). */
  readonly started: string;
  /** Opens the frames of the run. */
  readonly boundary: string;
}

export interface PayloadOptions {
  readonly script: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly sudo: SudoMode;
  readonly niceness: number;
  readonly deadlineSeconds: number;
}

/**
 * Builds the command and the input of a run.
 *
 * The login shell may be any (fish, csh): the command is words and one single-quoted argument, without quote,
 * backslash, `!` or newline inside. The started word stands in it in two halves, so that a shell which echoes its
 * commands (`set -x`) is not taken for the answer.
 *
 * @throws TypeError for a script with a NUL, or a bad parameter
 */
export function buildPayload(options: PayloadOptions): RunPayload {
  const script = bytesOf(options.script);
  const [half, otherHalf, end, boundary, marker, prompt] = words();
  const input = Buffer.concat([
    Buffer.from(`SU_BOUNDARY='${boundary}' SU_MARKER='${marker}' SU_SECONDS='${String(options.deadlineSeconds)}'\n`),
    prelude,
    Buffer.from(`\nsu_open\n(\n${parameterLines(options.parameters)}\n`),
    script,
    // The receiving shell runs nothing unless all of it arrived.
    Buffer.from(`\n)\nsu_close "$?"\n#${end}`),
  ]);
  const receive = `echo ${half}""${otherHalf}; s=$(head -c ${String(input.length)}); case "$s" in *${end}) eval "$s";; esac`;
  const shell = `/usr/bin/setsid -w /usr/bin/nice -n ${String(options.niceness)} /bin/sh -c '${receive}'`;
  const sudo = `/usr/bin/env LC_ALL=C /usr/bin/sudo -k -S -p ${prompt} -- `;
  return {
    command: options.sudo.kind === 'none' ? shell : sudo + shell,
    input,
    prompt,
    started: half + otherHalf,
    boundary,
  };
}

/** @throws TypeError for a NUL */
function bytesOf(script: string): Buffer {
  let bytes = encoded.get(script);
  if (bytes !== undefined) return bytes;
  if (script.includes('\0')) throw new TypeError('A script cannot contain a NUL character.');
  bytes = Buffer.from(script);
  encoded.set(script, bytes);
  return bytes;
}

/** Six words of 128 random bits each, plain enough for every shell. Drawn at once: a draw costs more than its bytes. */
function words(): [string, string, string, string, string, string] {
  const drawn = randomBytes(6 * 16).toString('hex');
  const word = (at: number): string => drawn.slice(at * 32, at * 32 + 32);
  return [word(0), word(1), word(2), word(3), word(4), word(5)];
}
