import { createHash, randomUUID } from 'node:crypto';
import { SecretMasker } from '../../src/kernel/logging/secret-masker';
import { DetachedRuns } from '../../src/kernel/ssh/detached/detached-runs';
import type {
  CollectedDetached,
  DetachedStart,
  DetachedState,
  LogPiece,
} from '../../src/kernel/ssh/detached/detached-types';
import type { SudoMode } from '../../src/kernel/ssh/run-types';
import type { SshConnection } from '../../src/kernel/ssh/ssh-connection';
import { SshConnectionFactory } from '../../src/kernel/ssh/ssh-connection-factory';
import { sshTargets, systemdTargets, type SshTarget } from './ssh-targets';

const factory = new SshConnectionFactory();
const open: SshConnection[] = [];
let lastFence = 0;

/** Of the runs of a test file. */
export const installation = { id: randomUUID(), epoch: 1 };

/** One of each suite, without systemd and with, for `describe.each`. */
export const detachedTargets = [...sshTargets().slice(0, 2), ...systemdTargets().slice(0, 2)].map(
  (target) => [`${target.suite} ${target.variant}`, target] as const,
);

export async function closeConnections(): Promise<void> {
  for (const connection of open.splice(0)) await connection.close();
}

/** A connection of the product's own, closed by {@link closeConnections}. What is masked is the word `s3cret-word`. */
export async function connect(
  target: SshTarget,
  user = 'ops',
): Promise<{ runs: DetachedRuns; connection: SshConnection }> {
  const { host, port, hostKey } = target;
  const secret = target.secret(user);
  const connection = await factory.connect({ host, port, username: user, secret, hostKeys: { approved: [hostKey] } });
  open.push(connection);
  const sudo: SudoMode =
    user === 'admin' ? { kind: 'password', password: target.password(user) } : { kind: 'nopasswd' };
  return { runs: new DetachedRuns(connection, { sudo, masker: new SecretMasker(['s3cret-word']) }), connection };
}

/** As the machine makes it. */
export const digestOf = (lines: readonly string[]): string =>
  createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex');

/** A run under the next fence. */
export function run(script: string, more: Partial<DetachedStart> = {}): DetachedStart {
  lastFence += 1;
  const plan = { lines: [], digest: digestOf([]) };
  const fence = String(lastFence);
  return {
    id: randomUUID(),
    installation,
    fence,
    script,
    parameters: {},
    plan,
    stoppable: [],
    expected: false,
    ...more,
  };
}

/** The whole log as it is shown, with the state at the end. */
export async function followed(
  runs: DetachedRuns,
  id: string,
  offset = 0,
): Promise<{ state: DetachedState; pieces: LogPiece[]; text: string }> {
  const pieces: LogPiece[] = [];
  const state = await runs.follow({ id, offset, onPiece: (piece) => void pieces.push(piece) });
  return { state, pieces, text: pieces.map(({ text }) => text).join('') };
}

/** Starts it, follows it to its end, and collects it. */
export async function whole(runs: DetachedRuns, start: DetachedStart): Promise<CollectedDetached & { text: string }> {
  const { outcome } = await runs.start(start);
  expect(outcome).toEqual({ kind: 'started' });
  const { text } = await followed(runs, start.id);
  return { ...(await runs.collect(start.id, installation.id)), text };
}

/** Where a machine keeps a run. */
export const folder = ({ id }: DetachedStart): string => `/var/lib/system-update/runs/${id}`;
/** Beside SSH, as root. */
export const sh = (target: SshTarget, command: string): string => target.exec('sh', '-c', command);
