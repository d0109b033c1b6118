import { endingDetails } from './run-failure';
import type { SudoMode } from './run-types';
import type { SshErrorDetails, SshErrorKind } from './ssh-error';
import { say } from './ssh.sentences';

const keptText = 4096;
/** More than this before the run begins is no login shell's greeting. */
const maxNoise = 1024 * 1024;

/** What the beginning of a run came to. */
export type DialogStep =
  | { readonly step: 'wait' }
  /** sudo asks: send the password now. */
  | { readonly step: 'send_password'; readonly password: string }
  /** The shell of the run is there; `rest` is what already followed. */
  | { readonly step: 'started'; readonly rest: Buffer }
  | { readonly step: 'refused'; readonly kind: SshErrorKind; readonly details: SshErrorDetails };

const wait: DialogStep = { step: 'wait' };

/**
 * The beginning of a run: whatever the login shell prints is passed over until sudo asks in our words (then the
 * password goes out, once) and until the waiting shell says that it is there.
 */
export class SudoDialog {
  private readonly started: Buffer;
  private carried = Buffer.alloc(0);
  private noise = 0;
  private asked = false;
  private unanswered = '';
  private errorText = '';

  /**
   * @param prompt the words sudo asks with
   * @param started the line the waiting shell prints
   */
  constructor(
    private readonly mode: SudoMode,
    private readonly prompt: string,
    started: string,
  ) {
    this.started = Buffer.from(`${started}\n`);
  }

  stdout(chunk: Buffer): DialogStep {
    const all = Buffer.concat([this.carried, chunk]);
    const at = all.indexOf(this.started);
    if (at >= 0) return { step: 'started', rest: all.subarray(at + this.started.length) };
    this.carried = Buffer.from(all.subarray(Math.max(0, all.length - this.started.length + 1)));
    return this.noisy(chunk.length);
  }

  stderr(chunk: Buffer): DialogStep {
    const text = chunk.toString('utf8');
    this.errorText = (this.errorText + text).slice(-keptText);
    this.unanswered = (this.unanswered + text).slice(-keptText);
    // A real prompt is the last thing said: sudo waits after it. A shell that echoes its commands goes on behind it.
    const at = this.unanswered.lastIndexOf(this.prompt);
    if (at < 0 || !/^\]?[\sA-Za-z]{0,32}:?\s?$/.test(this.unanswered.slice(at + this.prompt.length)))
      return this.noisy(chunk.length);
    this.unanswered = '';
    return this.prompted();
  }

  /** What the machine said so far, without the prompt. */
  get text(): string {
    return this.errorText.replaceAll(this.prompt, '').trim();
  }

  /** The channel ended before the run began: why. */
  ended(exitCode: number | undefined): { readonly kind: SshErrorKind; readonly details: SshErrorDetails } {
    const text = this.text;
    const details = { serverText: text, ...endingDetails(exitCode, undefined) };
    return { kind: classifyEnd(text, this.mode, this.asked), details };
  }

  private prompted(): DialogStep {
    const serverText = this.text;
    if (this.mode.kind !== 'password')
      return { step: 'refused', kind: 'sudo_password', details: { reason: 'no_password_stored', serverText } };
    if (this.asked) return { step: 'refused', kind: 'sudo_password', details: { serverText } };
    this.asked = true;
    return { step: 'send_password', password: this.mode.password };
  }

  private noisy(bytes: number): DialogStep {
    this.noise += bytes;
    if (this.noise <= maxNoise) return wait;
    return {
      step: 'refused',
      kind: 'output_limit',
      details: { limitBytes: maxNoise, reason: say.shell_prints() },
    };
  }
}

/** sudo runs with LC_ALL=C; the wordings are those of sudo 1.8 to 1.9 and of sudo-rs. First match wins. */
const sudoWordings: readonly (readonly [RegExp, SshErrorKind])[] = [
  [/password has expired|password is expired|change your password|password change required/i, 'password_expired'],
  [/must have a tty|a terminal is required|no tty present/i, 'sudo_tty'],
  [
    /incorrect password attempt|try again|no password was provided|a password is required|authentication fail/i,
    'sudo_password',
  ],
  [/sudo'?: (?:no such file|command not found|not found)|sudo: (?:command )?not found/i, 'sudo_missing'],
  [
    /not in the sudoers file|not allowed to (?:run|execute)|may not run sudo|i can't do that|account validation failure/i,
    'sudo_policy',
  ],
  [/effective uid is not 0|no new privileges|must be setuid root|must be owned by uid 0/i, 'sudo_policy'],
  [/^sudo: /m, 'sudo_policy'],
];

function classifyEnd(text: string, mode: SudoMode, asked: boolean): SshErrorKind {
  if (sudoWordings[0]?.[0].test(text) === true) return 'password_expired';
  if (mode.kind === 'none') return 'shell_unavailable';
  const known = sudoWordings.find(([wording]) => wording.test(text));
  if (known !== undefined) return known[1];
  return asked ? 'sudo_password' : 'shell_unavailable';
}
