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
});
