import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseHostKeyLine, type PresentedHostKey } from '../../src/kernel/ssh/host-key';
import type { SshSecret } from '../../src/kernel/ssh/login';

interface ListedMachine {
  readonly name: string;
  readonly ip: string;
  readonly port: number;
  readonly suite: string;
  readonly hostKey: string;
  readonly key: string;
  readonly users: readonly { readonly user: string; readonly password?: string }[];
}

/** A real machine of the test fleet. */
export interface SshTarget {
  readonly name: string;
  readonly suite: string;
  readonly host: string;
  readonly port: number;
  readonly hostKey: PresentedHostKey;
  /** The key that opens root, ops, noisy, plain, needtty and admin. */
  readonly privateKey: string;
  password(user: string): string;
  secret(user: string): SshSecret;
  /** Runs a command on the machine beside SSH, as root; its output. */
  exec(...command: string[]): string;
}

/** The machines that the command in `FLEET_COMMAND` lists; the variable holds the command's words. */
export function sshTargets(): readonly SshTarget[] {
  const [program, ...words] = (process.env['FLEET_COMMAND'] ?? '').split(' ').filter(Boolean);
  if (program === undefined) throw new Error('FLEET_COMMAND is not set: the command that lists the test fleet.');
  const fleet = (...more: string[]) =>
    execFileSync(program, [...words, ...more], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const machines = JSON.parse(fleet('list')) as ListedMachine[];
  return machines.map((machine) => toTarget(machine, fleet));
}

function toTarget(machine: ListedMachine, fleet: (...words: string[]) => string): SshTarget {
  const privateKey = readFileSync(machine.key, 'utf8');
  const password = (user: string) => machine.users.find((listed) => listed.user === user)?.password ?? '';
  return {
    name: machine.name,
    suite: machine.suite,
    host: machine.ip,
    port: machine.port,
    hostKey: parseHostKeyLine(machine.hostKey),
    privateKey,
    password,
    secret: (user) =>
      password(user) === '' ? { kind: 'key', privateKey } : { kind: 'password', password: password(user) },
    exec: (...command) => fleet('exec', machine.name, ...command),
  };
}
