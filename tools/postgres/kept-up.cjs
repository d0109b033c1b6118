'use strict';

const { once } = require('node:events');
const fs = require('node:fs');
const { setTimeout: delay } = require('node:timers/promises');

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

const STOP_WITHIN_MS = 30_000;
/** Processes of a server that was killed hold its memory until they notice, and PostgreSQL does not start beside them. */
const FORMER_GONE_WITHIN_MS = 60_000;
const PAUSE_MS = 250;
const FORMER_IS_THERE = /pre-existing shared memory block|lock file "postmaster.pid" already exists/;
/** More often than this in the span, something is wrong that another start does not mend. */
const RESTARTS = 5;
const RESTARTS_WITHIN_MS = 600_000;

/** A server that is started again, on the same port, when it ended by itself: killed, or out of memory. */
class KeptUp {
  /**
   * @param {{ logFile: string, onRestart?: (how: string) => void, onEnd?: (why: string) => void }} options
   * @param {ChildProcess} child The server, which answers.
   * @param {() => ChildProcess} again Starts another one over the same data.
   * @param {(child: ChildProcess) => Promise<string | null>} ready Null when it answers, else why it does not.
   */
  constructor(options, child, again, ready) {
    this.options = options;
    this.child = child;
    this.again = again;
    this.ready = ready;
    this.stopping = false;
    /** @type {Promise<void>} */
    this.reviving = Promise.resolve();
    /** @type {number[]} */
    this.restarts = [];
    if (options.onEnd) this.watch(child);
  }

  get pid() {
    return Number(this.child.pid);
  }

  async stop() {
    this.stopping = true;
    await endChild(this.child);
    await this.reviving;
    await endChild(this.child);
  }

  /** @param {ChildProcess} child */
  watch(child) {
    child.once('exit', (code, signal) => {
      if (!this.stopping) this.reviving = this.revive(String(signal ?? `exit ${code}`));
    });
  }

  /** @param {string} how */
  async revive(how) {
    const now = Date.now();
    this.restarts = [...this.restarts.filter((at) => at > now - RESTARTS_WITHIN_MS), now];
    const failure =
      this.restarts.length > RESTARTS ? 'again and again' : await this.startAgain(now + FORMER_GONE_WITHIN_MS);
    if (this.stopping) return;
    if (failure === null) this.options.onRestart?.(how);
    else
      this.options.onEnd?.(
        `PostgreSQL ended by itself (${how}) and cannot be started again: ${failure}. Its log is ${this.options.logFile}.`,
      );
  }

  /** @param {number} deadline @returns {Promise<string | null>} null when it answers */
  async startAgain(deadline) {
    for (;;) {
      const offset = sizeOf(this.options.logFile);
      const child = this.again();
      this.child = child;
      const failure = await this.ready(child);
      if (failure === null && child.exitCode === null && child.signalCode === null) {
        this.watch(child);
        return null;
      }
      const said = textFrom(this.options.logFile, offset);
      if (this.stopping || !FORMER_IS_THERE.test(said) || Date.now() > deadline)
        return lastComplaint(said) ?? failure ?? 'it ended at once';
      await delay(PAUSE_MS);
    }
  }
}

/** Fast shutdown, and a hard one when that takes too long. @param {ChildProcess} child */
async function endChild(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  const force = setTimeout(() => child.kill('SIGQUIT'), STOP_WITHIN_MS);
  await exited;
  clearTimeout(force);
}

/** @param {string} file */
function sizeOf(file) {
  return fs.existsSync(file) ? fs.statSync(file).size : 0;
}

/** @param {string} file @param {number} offset */
function textFrom(file, offset) {
  return fs.existsSync(file) ? fs.readFileSync(file).subarray(offset).toString('utf8') : '';
}

/** @param {string} log */
function lastComplaint(log) {
  return /(?:FATAL|PANIC): +(.*)/.exec(log)?.[1];
}

module.exports = { KeptUp };
