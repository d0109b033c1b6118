import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Fleet, FleetError, type FleetMachine } from '../fleet/client.mts';
import { say } from './output.mts';
import { demoPackages, ensurePackages, isRoot } from './packages.mts';

/** One machine to enrol; what the server's `enrol` command reads. */
export interface InventoryMachine {
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly credentials: Record<string, string>;
  /** The key that the machine must show (`ssh-ed25519 BASE64`): known because we started it. */
  readonly hostKey: string;
  readonly tags: readonly string[];
}

export interface DemoFleet {
  readonly inventory: readonly InventoryMachine[];
  stop(): Promise<void>;
}

const none: DemoFleet = { inventory: [], stop: () => Promise.resolve() };

/** Signs in by a password, the others by the fleet's key. */
const PASSWORD_USER = 'admin';

/** Names, states and ways to sign in of the three demo machines, so that the first page shows something of everything. */
const roles = [
  {
    name: 'web-01',
    user: 'admin',
    tags: ['demo', 'web'],
    states: [
      'plain',
      'security',
      'held',
      'pinned',
      'phased',
      'new-dependency',
      'removal',
      'not-installable',
      'reboot-required',
    ],
  },
  { name: 'mail-01', user: 'ops', tags: ['demo', 'mail'], states: ['plain', 'new-dependency', 'autoremovable'] },
  { name: 'backup-01', user: 'root', tags: ['demo'], states: ['clean'] },
] as const;

function place(): { root: string; net: string; apt: string } {
  const net = process.env['FLEET_NET'] ?? '127.0.20';
  return {
    root: process.env['FLEET_ROOT'] ?? '/var/lib/system-update-demo',
    net,
    apt: process.env['FLEET_APT'] ?? `${net}.254:8480`,
  };
}

/** Why the demo machines cannot run here, in a sentence; undefined when they can. */
async function obstacle(fleet: Fleet, signal: AbortSignal): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'the demo machines need Linux';
  if (!isRoot()) return 'the demo machines need root (debootstrap and namespaces)';
  const missing = await ensurePackages(demoPackages, signal);
  if (missing.length > 0) return `the demo machines need the Debian packages ${missing.join(', ')}`;
  return fleet.missing();
}

/** Of the one who signs in by a password; kept beside the machines, which keep it as well. */
function ownPassword(): string {
  const file = path.join(place().root, 'demo-password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}

/**
 * The passwords of a test fleet are published, and root of such a machine is not far from root of the box: whoever has an account here must
 * not come in by them.
 */
async function closePasswords(fleet: Fleet, machine: FleetMachine, password: string): Promise<void> {
  const known = machine.users.filter((user) => user.password !== null && user.name !== PASSWORD_USER);
  const script = `chpasswd && for user in ${known.map(({ name }) => name).join(' ')}; do usermod --lock "$user" || exit 1; done`;
  const { exitCode, stderr } = await fleet.exec(machine.name, ['sh', '-c', script], `${PASSWORD_USER}:${password}\n`);
  if (exitCode !== 0) throw new FleetError(`${machine.name}: ${stderr.trim()}`, exitCode);
}

function credentialsFor(username: string, machine: FleetMachine, password: string): Record<string, string> {
  if (username === PASSWORD_USER) return { authMethod: 'password', password, sudoMode: 'same_as_ssh' };
  return { authMethod: 'ssh_key', privateKey: readFileSync(machine.keyPath, 'utf8'), sudoMode: 'none' };
}

function enrolment(machine: FleetMachine, role: (typeof roles)[number], password: string): InventoryMachine {
  return {
    name: role.name,
    hostname: machine.address,
    port: machine.port,
    username: role.user,
    credentials: credentialsFor(role.user, machine, password),
    hostKey: machine.hostKey,
    tags: role.tags,
  };
}

/** Starts three real Debian machines, or says in one sentence what is missing and starts none. */
export async function startDemoFleet(signal: AbortSignal): Promise<DemoFleet> {
  const fleet = new Fleet(place());
  const problem = await obstacle(fleet, signal);
  if (problem !== undefined) {
    say(`Starting without demo machines: ${problem}.`);
    return none;
  }
  const stop = (): Promise<void> => fleet.down({ keep: true });
  say('Starting three Debian machines (the first time this takes a few minutes) …');
  try {
    const inventory: InventoryMachine[] = [];
    const machines = await fleet.up(roles.length, { suite: 'mix' });
    const password = ownPassword();
    for (const [index, machine] of machines.entries()) {
      const role = roles[index];
      signal.throwIfAborted();
      if (role === undefined) continue;
      await closePasswords(fleet, machine, password);
      await fleet.scenario(machine.name, ...role.states);
      inventory.push(enrolment(machine, role, password));
    }
    return { inventory, stop };
  } catch (error) {
    await stop();
    signal.throwIfAborted();
    if (!(error instanceof FleetError)) throw error;
    say(`Starting without demo machines: they could not be made (${error.reason}).`);
    return none;
  }
}
