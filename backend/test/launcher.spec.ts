import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres } from '../../tools/postgres/embedded.cjs';

const tools = path.resolve(__dirname, '../../tools');

/** What goes wrong before anything is built or started. */
describe('npm start and npm run demo', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'su-launch-'));
  });
  afterAll(() => {
    for (const left of [folder, `${folder}-running`]) rmSync(left, { recursive: true, force: true });
  });

  function node(words: readonly string[], env: NodeJS.ProcessEnv) {
    const none = { DATABASE_URL: undefined, DATABASE_URL_FILE: undefined, CI: undefined };
    return spawnSync(process.execPath, words, { encoding: 'utf8', env: { ...process.env, ...none, ...env } });
  }
  const start = (env: NodeJS.ProcessEnv) => node([path.join(tools, 'launch/start.mts'), '--demo'], env);

  it('say all that is wrong with the settings before anything is built', () => {
    const { status, stdout, stderr } = start({ DATA_DIR: folder, PORT: 'abc', PUBLIC_URL: 'http://su.example.org' });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr.trim().split('\n')).toEqual([
      'The configuration is wrong:',
      expect.stringContaining('- PORT must be a whole number'),
      expect.stringContaining('- PUBLIC_URL'),
    ]);
  });

  it('leave alone what runs with the same data already, and say which process that is', async () => {
    const dataDir = `${folder}-running`;
    const data = path.join(dataDir, 'postgres');
    const server = await startPostgres({ dataDir: data, durable: true, logFile: path.join(folder, 'log') });
    const { status, stderr } = start({ DATA_DIR: dataDir });
    await server.discard();
    expect(status).toBe(1);
    expect(stderr.trim()).toBe(
      `system_update runs already with this data folder (process ${String(process.pid)}, ${dataDir}). Stop it first, or set another DATA_DIR.`,
    );
  });

  it('go on without demo machines where these cannot be made', () => {
    const code = `import { startDemoFleet } from ${JSON.stringify(path.join(tools, 'launch/demo.mts'))};
      const fleet = await startDemoFleet(new AbortController().signal);
      process.stdout.write(JSON.stringify(fleet.inventory));`;
    const program = path.join(folder, 'demo.mjs');
    writeFileSync(program, code);
    const { status, stdout, stderr } = node([program], {
      FLEET_ROOT: path.join(folder, 'fleet'),
      FLEET_CACHE: path.join(folder, 'cache'),
      FLEET_NET: '127.0.143',
      FLEET_APT: '127.0.143.254:8480',
      // Nobody serves packages here.
      FLEET_MIRROR: 'http://127.0.0.1:9/debian',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [why, inventory] = stdout.trim().split('\n').slice(-2);
    expect(why).toMatch(/^Starting without demo machines: .+\.$/);
    expect(inventory).toBe('[]');
  });

  /** Interrupts the installation while this step of apt works, and lets that end half a second later. */
  function interruptApt(step: 'update' | 'install') {
    const place = mkdtempSync(path.join(folder, 'apt-'));
    const apt = `#!/bin/sh
      case " $* " in *" install "*) step=install ;; *) step=update ;; esac
      echo "begin $step" >>${place}/log
      if [ $step = ${step} ]; then touch ${place}/busy; sleep 0.5; fi
      echo "end $step" >>${place}/log`;
    writeFileSync(path.join(place, 'apt-get'), apt, { mode: 0o755 });
    const code = `import { existsSync, readFileSync } from 'node:fs';
      import { installFromDebian } from ${JSON.stringify(path.join(tools, 'launch/packages.mts'))};
      const interrupted = new AbortController();
      const watch = setInterval(() => {
        if (existsSync('${place}/busy')) interrupted.abort(new Error('Interrupted.'));
      }, 20);
      const outcome = await installFromDebian(['gnupg'], interrupted.signal).then(() => 'installed', String);
      clearInterval(watch);
      process.stdout.write(JSON.stringify({ outcome, log: readFileSync('${place}/log', 'utf8').trim().split('\\n') }));`;
    const program = path.join(place, 'interrupt.mjs');
    writeFileSync(program, code);
    const { stdout, stderr } = node([program], { PATH: `${place}:${process.env['PATH'] ?? ''}` });
    expect(stderr).toBe('');
    const lines = stdout.trim().split('\n');
    return { said: lines.slice(0, -1), ...(JSON.parse(lines.at(-1) ?? '') as { outcome: string; log: string[] }) };
  }

  it('let apt end when they are interrupted while it installs, so that dpkg is not left half done', () => {
    expect(interruptApt('install')).toEqual({
      said: ['Installing from Debian: gnupg …', 'Waiting for apt to finish …'],
      outcome: 'Error: Interrupted.',
      log: ['begin update', 'end update', 'begin install', 'end install'],
    });
  });

  it('install nothing more when they are interrupted before it', () => {
    expect(interruptApt('update')).toMatchObject({
      said: ['Installing from Debian: gnupg …', 'Waiting for apt to finish …'],
      outcome: 'Error: Interrupted.',
      log: ['begin update', 'end update'],
    });
  });
});
