import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { createTestDatabase } from '../../../../test/support/postgres';
import { ProductHosts, type OwnHosts } from '../../../kernel/hosts/product-hosts';
import { presenceChecks, presenceConsequences, presenceOn } from './own-machine';

const MACHINE = 'a'.repeat(32);
const own: OwnHosts = {
  machineIds: new Set(['b'.repeat(32)]),
  complete: true,
  database: { systemIdentifier: '7431000000000000001', startedAt: 1_764_000_000.4 },
};
const told = (...servers: string[]): string => [`machine_id=${MACHINE}`, ...servers, 'databases=all', ''].join('\n');

describe('whether the database of this program runs on a machine', () => {
  it.each([
    ['runs there', told('database=1 5', 'database=7431000000000000001 1764000000'), true],
    ['is not one of those there', told('database=1 5'), false],
    ['has a copy there that was started at another time', told('database=7431000000000000001 1764009000'), false],
    ['is not known: a server there hides', `machine_id=${MACHINE}\ndatabase=1 5\n`, null],
    ['runs there, whatever else hides', 'database=7431000000000000001 1764000000\n', true],
  ])('it %s', (_name, text, database) => {
    expect(presenceOn(text, own)).toEqual({ program: text.includes(MACHINE) ? false : null, database });
  });

  it('is not known where the database does not tell', () => {
    expect(presenceOn(told(), { ...own, database: null })).toEqual({ program: false, database: null });
  });

  it('is a check with a sentence of its own, and is accepted by hand as the machine of the program is', () => {
    const presence = { program: false, database: true };
    expect(presenceChecks(presence)).toMatchObject([
      { code: 'itself', verdict: 'ok' },
      { code: 'database', verdict: 'warning', sentence: 'The database of this program runs on the machine.' },
    ]);
    expect(presenceConsequences(presence)).toEqual([
      { code: 'own_machine', sentence: 'The database of this program runs on the machine.' },
    ]);
    expect(presenceConsequences({ program: true, database: true })).toEqual([
      { code: 'own_machine', sentence: 'This program itself runs on the machine.' },
    ]);
    expect(presenceConsequences({ program: null, database: false })).toEqual([]);
  });

  it('is found where it runs, by what the machine tells', async () => {
    const database = await createTestDatabase();
    try {
      const hosts = await new ProductHosts(await database.dataSource()).seenLately();
      const script = path.join(__dirname, '../scripts/apt-look.sh');
      const { stdout, stderr } = spawnSync('sh', ['-euc', `. ${script}; plan_itself`], { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(presenceOn(stdout, hosts)).toMatchObject({ database: true });
      const [line = ''] =
        stdout.match(/^database=.*$/gm)?.filter((one) => one.includes(hosts.database?.systemIdentifier ?? '-')) ?? [];
      // One server, though it has many processes that work in its folder.
      expect(stdout.split(line)).toHaveLength(2);
    } finally {
      await database.drop();
    }
  });
});
