import { readFileSync } from 'node:fs';
import { parseHostKeyLine, type PresentedHostKey } from '../../src/kernel/ssh/host-key';
import type { SshSecret } from '../../src/kernel/ssh/login';
import { fleet, realMachines, systemdMachines, type RealMachine } from './real-machines';

/** A real machine of the test fleet. */
export interface SshTarget {
  readonly name: string;
  readonly suite: string;
  /** `systemd`, or empty. */
  readonly variant: string;
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

/** The machines of the test fleet without systemd. */
export function sshTargets(): readonly SshTarget[] {
  return realMachines().map(targetOf);
}

/** The first of each suite: what OpenSSH does differs between suites, not between machines of one. */
export function targetOfEachSuite(): readonly SshTarget[] {
  const targets = sshTargets();
  return targets.filter(({ suite }, index) => targets.findIndex((other) => other.suite === suite) === index);
}

/** Those with systemd. */
export function systemdTargets(): readonly SshTarget[] {
  return systemdMachines().map(targetOf);
}

function targetOf(machine: RealMachine): SshTarget {
  const privateKey = readFileSync(machine.keyPath, 'utf8');
  const password = (user: string) => machine.users.find((listed) => listed.name === user)?.password ?? '';
  return {
    name: machine.name,
    suite: machine.suite,
    variant: machine.variant,
    host: machine.address,
    port: machine.port,
    hostKey: parseHostKeyLine(machine.hostKey),
    privateKey,
    password,
    secret: (user) =>
      password(user) === '' ? { kind: 'key', privateKey } : { kind: 'password', password: password(user) },
    exec: (...command) => fleet('exec', machine.name, ...command),
  };
}
