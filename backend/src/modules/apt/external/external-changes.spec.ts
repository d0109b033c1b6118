import { parseDpkgHistory, type AptHistoryEntry, type DpkgHistoryLine } from '../parsers/package-history';
import { changeId, claimedRun, loggedChanges, type LoggedChange } from './external-changes';

const NOW = new Date(100_000_000);
const openssl = { name: 'openssl', arch: 'amd64', operation: 'upgraded', from: '3.0.1', to: '3.0.2' } as const;
const entry = (start: number, more: Partial<AptHistoryEntry> = {}): AptHistoryEntry => ({
  start,
  end: start + 5,
  command: 'apt-get upgrade',
  requestedBy: null,
  error: null,
  packages: [openssl],
  ...more,
});
const step = (at: number): DpkgHistoryLine => ({ at, ...openssl, direct: false, done: true });
const changes = (apt: AptHistoryEntry[], dpkg: DpkgHistoryLine[] = []): LoggedChange[] => loggedChanges(apt, dpkg, NOW);

describe('changes by others', () => {
  it.each([
    [{ command: '/usr/bin/unattended-upgrade' }, 'unattended-upgrades'],
    [{ command: '/usr/bin/python3 /usr/bin/unattended-upgrade --download-only' }, 'unattended-upgrades'],
    [{ command: 'apt-get upgrade', requestedBy: 'ada' }, 'ada'],
    [{ command: "packagekit role='update-packages'", requestedBy: 'ada' }, 'ada'],
    [{ command: "packagekit role='update-packages'" }, 'PackageKit'],
    [{ command: null }, 'root'],
  ])('%j is by %s', (more, actor) => {
    expect(changes([entry(10, more)])).toMatchObject([{ actor, finished: true }]);
  });

  it('reads from the command of which run of ours an apt is, and from nothing else', () => {
    const run = '01939f2c-7d3a-7c1e-8b55-1f2e3d4c5b6a';
    const command = (folder: string): string => `apt-get -o DPkg::Pre-Install-Pkgs::=${folder} -y upgrade`;
    const claimed = (text: string, source: 'apt' | 'dpkg' = 'apt') => claimedRun({ source, command: text });
    expect(claimed(command(`/var/lib/system-update/runs/${run}/guard`))).toBe(run);
    expect(claimed(command(`/var/lib/system-update/runs/${run}/guard`), 'dpkg')).toBeNull();
    expect(claimed(command(`/var/lib/system-update/runs/${run}`))).toBeNull();
    expect(claimed(command('/var/lib/system-update/runs/guard'))).toBeNull();
  });

  it('leaves an apt that runs still, and tells of one that was cut off', () => {
    const seconds = NOW.getTime() / 1000;
    expect(changes([entry(seconds - 60, { end: null })])).toEqual([]);
    const cut = changes([entry(seconds - 3700, { end: null })], [step(seconds - 3699)]);
    expect(cut).toMatchObject([{ finished: false, packages: [openssl] }]);
    expect(changes([entry(seconds - 3700, { end: null })])).toEqual([]);
    expect(changes([entry(10, { packages: [] })])).toEqual([]);
  });

  it('tells a downgrade apart by the versions', () => {
    const packages = [{ ...openssl, from: '2.0', to: '1.0~rc1' }];
    expect(changes([entry(10, { packages })])[0]?.packages).toMatchObject([{ operation: 'downgraded' }]);
  });

  it('counts what dpkg did for apt once, and what it did alone together', () => {
    const found = changes([entry(100), entry(400, { end: null })], [100, 105, 106, 150, 230, 401].map(step));
    expect(
      found.map(({ source, startedAt, packages }) => [source, startedAt.getTime() / 1000, packages.length]),
    ).toEqual([
      ['apt', 100, 1],
      ['dpkg', 106, 2],
      ['dpkg', 230, 1],
      ['apt', 400, 1],
    ]);
  });

  it('tells by dpkg, and as of the apt that was at work, what an archive brought under another name or in another version than apt wrote down', () => {
    const planned = { ...openssl, name: 'planned', from: null, to: '2.0', operation: 'installed' } as const;
    const other = { ...step(102), name: 'other', from: null, to: '1.0', operation: 'installed' } as const;
    const older = { ...step(103), from: '3.0.1', to: '3.0.1.1' };
    const found = changes([entry(100, { packages: [planned, openssl] })], [other, older]);
    expect(
      found.map(({ source, packages }) => [source, packages.map(({ name, to }) => `${name} ${to ?? ''}`)]),
    ).toEqual([['apt', ['other 1.0', 'openssl 3.0.1.1']]]);
  });

  it('leaves to dpkg what it did beside an apt, which holds its lock only while it is at work', () => {
    const lone = (at: number, more: Partial<DpkgHistoryLine> = {}) => ({ ...step(at), name: 'lone', ...more });
    const sources = (apt: AptHistoryEntry, one: DpkgHistoryLine): string[] =>
      changes([apt], [step(apt.start + 1), one])
        .map(({ source, packages }) => `${source} ${String(packages.length)}`)
        .sort();
    expect([100, 103, 105].map((at) => sources(entry(100), lone(at)))).toEqual(Array(3).fill(['apt 2']));
    expect(sources(entry(100), lone(103, { operation: 'removed', to: null }))).toEqual(['apt 2']);
    const beside = [lone(99), lone(106), lone(105, { direct: true }), lone(105, { operation: 'removed', to: null })];
    expect(beside.map((one) => sources(entry(100), one))).toEqual(Array(4).fill(['apt 1', 'dpkg 1']));
    expect(sources(entry(100, { end: null }), lone(103))).toEqual(['apt 1', 'dpkg 1']);
    // Of the same package, too, after an apt that was cut off.
    expect(sources(entry(100, { end: null }), { ...step(103), direct: true })).toEqual(['apt 1', 'dpkg 1']);
    // What runs still tells its own when it has ended.
    const now = NOW.getTime() / 1000;
    expect(sources(entry(now - 600, { end: null }), lone(now - 300))).toEqual([]);
    // Or when that can be told of it no longer: somebody may sit at a question of it.
    const open = entry(now - 7200, { end: null });
    expect(sources(open, lone(now - 300))).toEqual(['apt 1']);
    expect(sources(open, lone(now - 300, { direct: true }))).toEqual(['apt 1', 'dpkg 1']);
    expect(sources(entry(now - 90_000, { end: null }), lone(now - 300))).toEqual(['apt 1', 'dpkg 1']);
    expect(sources(entry(100, { packages: [] }), lone(103))).toEqual(['apt 2']);
  });

  it('tells what dpkg did in one go once, and whole: not before an apt that may claim some of it is over', () => {
    const now = NOW.getTime() / 1000;
    const open = entry(now - 7200, { end: null });
    const [before, within] = [now - 7210, now - 7190].map((at) => ({ ...step(at), name: `lone${String(at - now)}` }));
    if (before === undefined || within === undefined) throw new Error('no steps');
    expect(changes([open], [before, within])).toEqual([]);
    const later = loggedChanges([open], [before, within], new Date(NOW.getTime() + 86_400_000));
    expect(later).toMatchObject([{ source: 'dpkg', packages: [{ name: before.name }, { name: within.name }] }]);
    // A step that went straight is not held, but what it is told with is.
    const direct = { ...within, at: now - 7180, direct: true };
    expect(changes([open], [within, direct])).toEqual([]);
    expect(changes([open], [within, { ...direct, at: now - 7000 }])).toMatchObject([
      { packages: [{ name: direct.name }] },
    ]);
  });

  it("takes for apt's what dpkg removes on the way and puts back", () => {
    const [removed, back] = [
      { ...step(101), to: null, operation: 'removed' },
      { ...step(102), from: null, operation: 'installed' },
    ] as const;
    expect(changes([entry(100)], [removed, back]).map(({ source }) => source)).toEqual(['apt']);
  });

  it('tells what was done, and not what was only begun', () => {
    const bash = { ...openssl, name: 'bash' };
    const names = (more: Partial<AptHistoryEntry>, ...steps: DpkgHistoryLine[]): string[] =>
      changes([entry(100, { packages: [bash, openssl], ...more })], steps).flatMap(({ packages }) =>
        packages.map(({ name }) => name),
      );
    const [done, begun] = [
      { ...step(101), name: 'bash' },
      { ...step(102), done: false },
    ];
    const failed = { error: 'Sub-process /usr/bin/dpkg returned an error code (1)' };
    expect(names(failed, done)).toEqual(['bash']);
    expect(names(failed, done, begun)).toEqual(['bash']);
    expect(names(failed, done, { ...begun, name: 'odd' })).toEqual(['bash']);
    expect(names(failed, begun)).toEqual([]);
    expect(names(failed)).toEqual([]);
    // Where dpkg keeps no log, an end without a failure is what tells.
    expect(names({})).toEqual(['bash', 'openssl']);
    expect(changes([], [begun])).toEqual([]);
  });

  it('tells of a package that comes back in the version that it was removed in, its configuration still there', () => {
    const back = { ...openssl, name: 'back', operation: 'installed', from: null } as const;
    const log = ['101\tinstall\tback:amd64\t3.0.2\t3.0.2', '102\tupgrade\topenssl:amd64\t3.0.1\t3.0.2'].join('\n');
    const steps = parseDpkgHistory(log).found;
    expect(changes([entry(100, { packages: [back, openssl] })], [...steps])).toMatchObject([
      { source: 'apt', packages: [back, openssl] },
    ]);
    expect(changes([], [...steps])).toMatchObject([{ source: 'dpkg', packages: [back, openssl] }]);
  });

  it('waits for a dpkg that may go on', () => {
    expect(changes([], [step(NOW.getTime() / 1000 - 30)])).toEqual([]);
  });

  it('gives a change the same id however much of it is known', () => {
    const [whole] = changes([entry(10)]);
    if (whole === undefined) throw new Error('no change');
    const half: LoggedChange = { ...whole, finished: false, packages: [] };
    expect(changeId('a', half)).toBe(changeId('a', whole));
  });

  it('gives the same change of the same machine the same id: a UUID version 7 of its moment', () => {
    const [one, other] = [entry(10), entry(10, { command: 'apt-get dist-upgrade' })].map((it) => changes([it])[0]);
    if (one === undefined || other === undefined) throw new Error('no change');
    expect(changeId('a', one)).toBe(changeId('a', { ...one }));
    expect(new Set([changeId('a', one), changeId('b', one), changeId('a', other), changeId('a', one, '0')]).size).toBe(
      4,
    );
    expect(changeId('a', one)).toMatch(/^00000000-2710-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
