import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../launch/paths.mts';
import { cpuOfEndedChildren } from './measure.mts';

/** What the ssh2 loop does in one round. */
export interface LoopJob {
  readonly hosts: readonly string[];
  readonly port: number;
  readonly keyPath: string;
  readonly script: string;
  readonly parallel: number;
}

/** One round over all machines, in ms. */
export interface Round {
  readonly cpu: number;
  readonly wall: number;
}

/** One way to run the analysis on all machines. */
export interface Contender {
  readonly name: string;
  round(): Promise<Round>;
  stop(): Promise<void>;
}

const prelude = 'section() { shift; ("$@") </dev/null; }\n';

/** The very script of the product, without the product's framing. */
export function analysisScript(): string {
  const folder = path.join(root, 'backend/src/modules/apt/scripts/apt-update-analyze');
  const files = readdirSync(folder).sort();
  return prelude + files.map((name) => readFileSync(path.join(folder, name), 'utf8')).join('');
}

export function ssh2Loop(job: LoopJob): Contender {
  const child = fork(path.join(import.meta.dirname, 'ssh2-loop.mts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  return {
    name: 'bare ssh2 loop',
    round: async () => {
      child.send(job);
      const failed = ended.then(() => Promise.reject(new Error('The ssh2 loop ended by itself.')));
      const [result] = (await Promise.race([once(child, 'message'), failed])) as [Round];
      return result;
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

export function sshXargs(job: LoopJob, scriptFile: string): Contender {
  const options = [
    'KexAlgorithms=curve25519-sha256',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
    'BatchMode=yes',
    'IdentitiesOnly=yes',
  ].flatMap((option) => ['-o', option]);
  const line = `ssh -F none ${options.join(' ')} -i "$1" -p "$2" "root@$4" 'sh -s' <"$3" >/dev/null 2>&1`;
  const words = ['sh', '-c', line, 'sh', job.keyPath, String(job.port), scriptFile];
  return {
    name: `ssh by xargs -P ${String(job.parallel)}, curve25519`,
    round: async () => {
      const before = cpuOfEndedChildren();
      const begun = performance.now();
      await succeed('xargs', ['-n1', '-P', String(job.parallel), ...words], job.hosts.join('\n'));
      return { wall: performance.now() - begun, cpu: cpuOfEndedChildren() - before };
    },
    stop: () => Promise.resolve(),
  };
}

/** Facts, packages and a simulated upgrade: what a playbook that answers the same question does. */
export function ansible(job: LoopJob): Contender {
  const inventory = `${job.hosts.join(',')},`;
  const extra = [
    '-u',
    'root',
    '--private-key',
    job.keyPath,
    '-f',
    String(job.parallel),
    '-e',
    `ansible_port=${String(job.port)}`,
  ];
  const env = { ...process.env, ANSIBLE_HOST_KEY_CHECKING: 'False', ANSIBLE_PIPELINING: 'True' };
  const modules = [['setup'], ['package_facts'], ['apt', '-a', 'update_cache=yes upgrade=dist', '--check']] as const;
  return {
    name: 'Ansible (setup, package_facts, apt in check mode)',
    round: async () => {
      const before = cpuOfEndedChildren();
      const begun = performance.now();
      for (const [module, ...rest] of modules) {
        await succeed('ansible', ['all', '-i', inventory, ...extra, '-m', module, ...rest], '', env);
      }
      return { wall: performance.now() - begun, cpu: cpuOfEndedChildren() - before };
    },
    stop: () => Promise.resolve(),
  };
}

async function succeed(command: string, args: readonly string[], input: string, env = process.env): Promise<void> {
  const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'inherit'], env });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} failed (${String(code)})`);
}
