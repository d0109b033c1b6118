import type { CollectedSection } from '../../jobs/actions/job-action';
import { clusterChecks } from './cluster-checks';

/* In the forms of the sources and manuals of Proxmox VE; not captured from a cluster. */
const QUORUM = `Cluster information
-------------------
Name:             prod
Config Version:   3
Transport:        knet
Secure auth:      on

Quorum information
------------------
Date:             Mon Apr 20 12:30:13 2026
Quorum provider:  corosync_votequorum
Nodes:            3
Node ID:          0x00000001
Ring ID:          1.8
Quorate:          Yes

Votequorum information
----------------------
Expected votes:   3
Highest expected: 3
Total votes:      3
Quorum:           2
Flags:            Quorate

Membership information
----------------------
    Nodeid      Votes Name
0x00000001          1 192.0.2.91 (local)
0x00000002          1 192.0.2.92
0x00000003          1 192.0.2.93
`;
const DEVICE = QUORUM.replace('    Nodeid      Votes Name', '    Nodeid      Votes    Qdevice Name').replace(
  '1 192.0.2.91 (local)',
  '1    A,V,NMW 192.0.2.91 (local)',
);
const HA = `quorum OK
master pve1 (active, Mon Apr 20 12:30:13 2026)
lrm pve1 (active, Mon Apr 20 12:30:12 2026)
lrm pve2 (idle, Mon Apr 20 12:30:12 2026)
service ct:101 (pve2, started)
service vm:100 (pve1, started)
`;
const task = (type: string, more: object = {}) => ({
  upid: `UPID:pve1:0000A1B2:00C3D4E5:66230001:${type}:100:root@pam:`,
  node: 'pve1',
  type,
  id: '100',
  user: 'root@pam',
  starttime: 1_713_600_000,
  ...more,
});
const ended = { endtime: 1_713_600_100, status: 'OK', saved: '1' };
const GUESTS = [
  { kind: 'vm', number: '100', name: 'mail' },
  { kind: 'container', number: '102', name: 'web' },
];

const answers: Readonly<Record<string, string | number>> = {
  plan_migrations: JSON.stringify([task('vzdump'), task('qmigrate', ended)]),
  plan_quorum: QUORUM,
  plan_ha: HA,
};

function told(more: Readonly<Record<string, string | number>> = {}, guests: typeof GUESTS | null = GUESTS) {
  const sections = Object.entries({ ...answers, ...more }).map(([name, value]): [string, CollectedSection] => {
    const [stdout, exitCode] = typeof value === 'string' ? [value, 0] : ['', value];
    return [name, { stdout, stderr: '', exitCode, truncated: false }];
  });
  return Object.fromEntries(clusterChecks(new Map(sections), guests).map((one) => [one.code, one]));
}

it('is at rest, and says which guests nobody starts elsewhere', () => {
  expect(told()).toMatchObject({
    migrations: { verdict: 'ok' },
    quorum: { verdict: 'ok', sentence: 'The cluster prod keeps its quorum without this host.' },
    ha: { verdict: 'ok' },
    guests_ha: { verdict: 'warning', sentence: expect.stringContaining(': 102 web.') as string },
  });
  expect(told({}, GUESTS.slice(0, 1))).toMatchObject({ guests_ha: { verdict: 'ok' } });
  expect(told({ plan_quorum: 'alone\n', plan_ha: 'quorum OK\n' })).toMatchObject({
    quorum: { verdict: 'ok', sentence: 'This host belongs to no cluster.' },
    ha: { verdict: 'ok', sentence: 'No guest is under high availability.' },
  });
});

it.each(['qmigrate', 'vzmigrate', 'hamigrate'])('is blocked while a guest moves (%s)', (type) => {
  expect(told({ plan_migrations: JSON.stringify([task(type)]) })).toMatchObject({
    migrations: { verdict: 'blocked', sentence: 'Guests are being moved between hosts: 100 (pve1).' },
  });
});

it.each([
  ['blocked', 'no quorum', QUORUM.replace('Quorate:          Yes', 'Quorate:          No')],
  ['blocked', '2 of 3 votes', QUORUM.replace('Total votes:      3', 'Total votes:      2')],
  [
    'blocked',
    'no quorum',
    QUORUM.replace(/Yes/, 'No').replace('Quorum:           2', 'Quorum:           2 Activity blocked'),
  ],
  [
    'warning',
    'While this host is away',
    QUORUM.replace('votes:   3', 'votes:   2').replace('Total votes:      3', 'Total votes:      2'),
  ],
  ['ok', 'keeps its quorum', DEVICE],
])('is %s by the quorum: %s', (verdict, words, plan_quorum) => {
  expect(told({ plan_quorum }).quorum).toMatchObject({ verdict, sentence: expect.stringContaining(words) as string });
});

it.each([
  ['blocked', HA.replace('quorum OK', "quorum No quorum on node 'pve1'!")],
  ['blocked', HA.replace('vm:100 (pve1, started)', 'vm:100 (pve1, migrate)')],
  ['blocked', HA.replace('ct:101 (pve2, started)', 'ct:101 (pve2, fence)')],
  ['warning', HA.replace('ct:101 (pve2, started)', 'ct:101 (pve2, error)')],
  ['ok', HA.replace('ct:101 (pve2, started)', 'ct:101 (pve2, started, CRM: started)')],
])('is %s by high availability', (verdict, plan_ha) => {
  expect(told({ plan_ha }).ha).toMatchObject({ verdict });
});

it('is not known where the tools speak in another form', () => {
  const other = 'no such thing';
  const checks = told({ plan_migrations: other, plan_quorum: other, plan_ha: other });
  expect(Object.values(checks).map(({ verdict }) => verdict)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
});

it.each<[string, string | number]>([
  ['silent', ''],
  ['failing, or hanging', 124],
])('is blocked where the tools of a cluster are %s, and no more than unknown without one', (_what, value) => {
  for (const part of ['migrations', 'quorum', 'ha'])
    expect(told({ [`plan_${part}`]: value })[part]).toMatchObject({
      verdict: 'blocked',
      sentence: expect.stringContaining('do not answer') as string,
    });
  const alone = told({ plan_migrations: value, plan_quorum: 'alone\n', plan_ha: value });
  expect(Object.values(alone).map(({ verdict }) => verdict)).toEqual(['unknown', 'ok', 'unknown', 'unknown']);
});
