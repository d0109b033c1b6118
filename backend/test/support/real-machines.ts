import { execFile, execFileSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

/** What `fleet list` tells of a machine; see tools/fleet/client.mts. */
export interface RealMachine {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly suite: string;
  /** `systemd`, or empty. */
  readonly variant: string;
  readonly hostKey: string;
  readonly keyPath: string;
  readonly users: readonly { readonly name: string; readonly password: string | null }[];
}

export const FLEET_COMMAND = path.resolve(__dirname, '..', '..', '..', 'tools', 'fleet', 'fleet');

/** Runs the fleet's own command; its output. */
export function fleet(...words: readonly string[]): string {
  return execFileSync(FLEET_COMMAND, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The same beside others: for what is done to several machines at once. */
export async function fleetBeside(...words: readonly string[]): Promise<string> {
  return (await promisify(execFile)(FLEET_COMMAND, words)).stdout;
}

/** Those without systemd: a shell is their first process. */
export function realMachines(): RealMachine[] {
  return everyMachine().filter(({ variant }) => variant === '');
}

export function systemdMachines(): RealMachine[] {
  return everyMachine().filter(({ variant }) => variant === 'systemd');
}

function everyMachine(): RealMachine[] {
  return JSON.parse(fleet('list')) as RealMachine[];
}

/** The package repository of the fleet. Its folder holds `access.log`: one request a line, as JSON. */
export function aptServer(): { readonly address: string; readonly folder: string } {
  const { FLEET_ROOT, FLEET_APT } = process.env;
  if (!FLEET_ROOT || !FLEET_APT) throw new Error('The environment names no fleet: run through npm test.');
  return { address: FLEET_APT, folder: path.join(FLEET_ROOT, 'apt-server') };
}

/** Puts lines of shell ahead of one of the machine's own commands, which goes on as it was called. A reset takes it away. */
export function wrapCommand({ name }: RealMachine, command: string, body: string): void {
  const file = `/usr/local/bin/${command}`;
  const script = `#!/bin/sh\n${body}\nexec /usr/bin/${command} "$@"\n`;
  fleet('exec', name, 'sh', '-c', 'printf %s "$1" >"$2" && chmod 755 "$2"', 'sh', script, file);
}
