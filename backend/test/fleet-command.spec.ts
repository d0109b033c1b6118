import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What goes wrong before any machine is touched; it needs neither root nor a fleet. */
describe('the command of the test fleet', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'su-fleet-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const fleet = (...words: string[]) => {
    const env = { ...process.env, FLEET_ROOT: folder, FLEET_CACHE: folder };
    return spawnSync(path.resolve(__dirname, '../../tools/fleet/fleet'), words, { encoding: 'utf8', env });
  };

  it('fails for a command that there is not, and says which there are', () => {
    const { status, stdout, stderr } = fleet('frobnicate');
    expect(status).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/fleet up N[\s\S]*unknown command 'frobnicate'/);
  });

  it.each([['reset'], ['reset', '--new-identity'], ['stop'], ['start']])('%s %s asks for the machines', (...words) => {
    const { status, stderr } = fleet(...words);
    expect(status).not.toBe(0);
    expect(stderr).toContain('which machines?');
  });

  it('explains itself when it is asked to', () => {
    for (const words of [[], ['help'], ['--help']]) {
      expect(fleet(...words)).toMatchObject({ status: 0, stdout: expect.stringContaining('fleet up N') as string });
    }
  });
});
