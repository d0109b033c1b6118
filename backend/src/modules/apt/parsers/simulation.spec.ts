import { ParseError } from './parse-error';
import { parseSimulation } from './simulation';

const summary = (upgraded: number, installed: number, removed: number): string =>
  `${String(upgraded)} upgraded, ${String(installed)} newly installed, ${String(removed)} to remove and 0 not upgraded.\n`;

describe('parseSimulation', () => {
  it('reads an upgrade with its origins', () => {
    const text = `${summary(1, 0, 0)}Inst libc6 [2.36-9] (2.36-9+deb12u1 Debian:12.11/stable, Debian-Security:12/stable-security [amd64]) [libc-bin:amd64 ]\n`;
    expect(parseSimulation(text).changes).toEqual([
      {
        name: 'libc6',
        operation: 'put',
        from: '2.36-9',
        to: '2.36-9+deb12u1',
        arch: 'amd64',
        origins: [
          { label: 'Debian', suite: 'stable' },
          { label: 'Debian-Security', suite: 'stable-security' },
        ],
      },
    ]);
  });

  it.each([
    ['a new package', 'Inst new (1.0 Docker CE:bookworm [amd64])', { from: null, to: '1.0', arch: 'amd64' }],
    ['a trailing []', 'Inst new (1.0 Debian:12/stable [all]) []', { from: null, to: '1.0', arch: 'all' }],
    [
      'a foreign architecture',
      'Inst zlib1g:i386 (1:1.2 Debian:12/stable [i386])',
      { name: 'zlib1g:i386', arch: 'i386' },
    ],
    ['no origin at all', 'Inst local (1.0 [amd64])', { origins: [] }],
    [
      'a host instead of a release',
      'Inst x (1.0 packages.example.org [amd64])',
      { origins: [{ label: null, suite: 'packages.example.org' }] },
    ],
  ])('reads %s', (_case, line, expected) => {
    expect(parseSimulation(`${summary(0, 1, 0)}${line}\n`).changes[0]).toMatchObject(expected);
  });

  it('reads removals, purges and packages that wait for configuration', () => {
    const text = `${summary(0, 0, 2)}1 not fully installed or removed.\nRemv a [1.0] [b:amd64 ]\nPurg c [2.0]\nConf d (1.0 Debian:12/stable [all])\n`;
    const simulation = parseSimulation(text);
    expect(simulation.changes.map((change) => [change.name, change.operation, change.from])).toEqual([
      ['a', 'remove', '1.0'],
      ['c', 'remove', '2.0'],
    ]);
    expect(simulation.unconfigured).toEqual(['d']);
    expect(simulation.notFullyInstalled).toBe(1);
  });

  it('takes a package that is removed and put back for one upgrade', () => {
    const text = `${summary(1, 0, 0)}Remv a [1.0]\nInst a (2.0 Debian:12/stable [amd64])\n`;
    expect(parseSimulation(text).changes).toEqual([
      expect.objectContaining({ operation: 'put', from: '1.0', to: '2.0' }),
    ]);
  });

  it('counts downgrades of the summary as packages with an old version', () => {
    const text =
      '0 upgraded, 0 newly installed, 1 downgraded, 0 to remove and 0 not upgraded.\nInst a [2.0] (1.0 X:1/y [all])\n';
    expect(parseSimulation(text).changes[0]).toMatchObject({ from: '2.0', to: '1.0' });
  });

  it('reads the heading for phased updates', () => {
    const text =
      'The following upgrades have been deferred due to phasing:\n  a b\n  c\nThe following packages have been kept back:\n  d\n0 upgraded, 0 newly installed, 0 to remove and 4 not upgraded.\n';
    expect(parseSimulation(text)).toMatchObject({ deferred: ['a', 'b', 'c'], notUpgraded: 4 });
  });

  it.each([
    ['an empty answer', ''],
    ['an answer cut before its summary', 'Inst a [1] (2 X:1/y [all])\n'],
    ['a line that is missing', `${summary(2, 0, 0)}Inst a [1] (2 X:1/y [all])\n`],
    ['an unreadable line', `${summary(1, 0, 0)}Inst a [1] (2\n`],
  ])('refuses %s', (_case, text) => {
    expect(() => parseSimulation(text)).toThrow(ParseError);
  });

  it('reads ten thousand lines in linear time', () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, index) => `Inst p${String(index)} [1.0] (1.1 Debian:12/stable, ${'x'.repeat(50)} [all])`,
    );
    expect(parseSimulation(`${summary(10_000, 0, 0)}${lines.join('\n')}\n`).changes).toHaveLength(10_000);
  });
});
