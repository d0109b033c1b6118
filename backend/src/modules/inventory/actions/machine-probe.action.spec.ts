import { loadFixture } from '../fixtures/load-fixture';
import { MachineProbeAction } from './machine-probe.action';

const stored = { store: () => Promise.resolve(), upsert: () => Promise.resolve() } as never;

it.each<[string, string, number, object[]]>([
  ['no unit', '', 0, [{ actions: ['service_restart'], except: ['service_not_restarted'] }]],
  ['a unit', 'nginx.service loaded failed failed nginx\n', 0, []],
  ['nobody knows which', '', 127, []],
])('settles what a restart of services failed by where %s has failed', async (_what, stdout, exitCode, settled) => {
  const patches: { settlesErrors?: object[] }[] = [];
  const state = { patch: (_tx: unknown, _id: string, patch: object) => void patches.push(patch) };
  const { sections, timing } = loadFixture('bookworm/systemd');
  sections.set('systemd_failed', { stdout, stderr: '', exitCode });
  const outcome = new MachineProbeAction(stored, stored, state as never).collect({
    ...timing,
    sections,
    brokenBy: null,
  } as never);
  await outcome.store?.({} as never, { machineId: 'm' } as never);
  expect(patches.flatMap(({ settlesErrors = [] }) => settlesErrors)).toEqual(settled);
});
