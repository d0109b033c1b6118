import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const readFile = (name: string): string => readFileSync(join(__dirname, 'scripts', name), 'utf8');
const read = (name: string): string => readFile(`${name}.sh`);

const common = read('common');
const changes = read('changes');

/** What is sent to a machine to start a detached run, to follow it, to stop it, to end it by force, and to fetch what it left. */
export const detachedScripts = {
  start: common + read('start'),
  follow: common + read('follow'),
  /** What `follow` hands out the log with. */
  stream: readFile('follow.pl'),
  stop: common + read('stop'),
  force: common + read('force'),
  collect: common + read('collect'),
  /** The head of the run. */
  runner: read('runner'),
} as const;

/** A script of an action with what it can call ahead of it. */
export function changingScript(script: string): string {
  return `${changes}\n${script}`;
}
