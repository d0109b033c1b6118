import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LoopJob } from './baselines.mts';

/**
 * The baseline: a bare ssh2 loop in one process that stores nothing, with the algorithms that the product negotiates. It
 * does the round that a message asks for, as often as asked, and answers with its CPU time, the wall time (both in ms)
 * and the bytes that came back.
 */
const { Client } = createRequire(import.meta.url)('ssh2') as typeof import('ssh2');

function runOn(host: string, job: LoopJob, privateKey: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    let bytes = 0;
    client.on('error', reject).on('ready', () => {
      client.exec('sh -s', (error, channel) => {
        if (error !== undefined) {
          reject(error);
          return;
        }
        const count = (chunk: Buffer): void => void (bytes += chunk.length);
        channel.on('data', count).stderr.on('data', count);
        channel.on('close', (code: number | null) => {
          client.end();
          if (code === 0) resolve(bytes);
          else reject(new Error(`${host}: exit ${String(code)}`));
        });
        channel.end(job.script);
      });
    });
    const algorithms = { kex: ['curve25519-sha256' as const], cipher: ['aes128-gcm@openssh.com' as const] };
    client.connect({ host, port: job.port, username: 'root', privateKey, algorithms });
  });
}

async function round(job: LoopJob): Promise<{ cpu: number; wall: number; bytes: number }> {
  const privateKey = readFileSync(job.keyPath);
  const waiting = [...job.hosts];
  const before = process.cpuUsage();
  const begun = performance.now();
  let bytes = 0;
  const lane = async (): Promise<void> => {
    for (let host = waiting.pop(); host !== undefined; host = waiting.pop()) {
      const received = await runOn(host, job, privateKey);
      bytes += received;
    }
  };
  await Promise.all(Array.from({ length: job.parallel }, lane));
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1000, wall: performance.now() - begun, bytes };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.on('message', (job: LoopJob) => {
    round(job).then(
      (result) => process.send?.(result),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit(0));
}
