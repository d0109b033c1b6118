import { addMachine } from '../../../../test/support/machine-samples';
import { createWholeApp, type Client, type TestApp } from '../../../../test/support/test-app';
import { newId } from '../../../kernel/database/ids';

interface Problem {
  readonly code: string;
  readonly errors?: readonly { readonly field: string }[];
}

describe('what no schedule, window, rule or decision can be', () => {
  let test: TestApp;
  let administrator: Client;
  let machine: string;

  beforeAll(async () => {
    test = await createWholeApp();
    administrator = test.as('administrator');
    machine = await addMachine(administrator, 'web-1');
  }, 60_000);
  afterAll(() => test.close());

  const refused = ({ status, body }: { status: number; body: unknown }, field: string): void => {
    expect({ status, code: (body as Problem).code }).toEqual({ status: 400, code: 'invalid_input' });
    expect((body as Problem).errors?.map((one) => one.field)).toContain(field);
  };
  const schedule = (more: object) => ({
    name: 'Nightly',
    cron: '30 2 * * *',
    timezone: 'Europe/Paris',
    scope: { machineIds: [machine] },
    actions: [{ action: 'apt_upgrade', parameters: { mode: 'security' } }],
    policy: { archives: 'security', removals: false, newPackages: false },
    ...more,
  });
  const policy = (more: object) => ({ policy: { archives: 'security', removals: false, newPackages: false, ...more } });
  const scope = (more: object) => ({ scope: { machineIds: [machine], ...more } });

  it.each<[string, () => object]>([
    ['scope', () => ({ scope: undefined })],
    ['scope', () => ({ scope: null })],
    ['scope', () => ({ scope: [] })],
    ['scope.conditions', () => scope({ conditions: null })],
    ['scope.conditions', () => scope({ conditions: [] })],
    ['scope.machineIds', () => scope({ machineIds: null })],
    ['scope.tagIds', () => scope({ tagIds: null })],
    ['scope.wholeFleet', () => scope({ wholeFleet: null })],
    ['scope.conditions.securityUpdates', () => scope({ conditions: { securityUpdates: null } })],
    ['concurrency', () => ({ concurrency: null })],
    ['notifyOn', () => ({ notifyOn: null })],
    ['missedRuns', () => ({ missedRuns: null })],
    ['graceSeconds', () => ({ graceSeconds: null })],
    ['enabled', () => ({ enabled: null })],
    ['acknowledged', () => ({ acknowledged: null })],
    ['actions.0.parameters', () => ({ actions: [{ action: 'apt_upgrade', parameters: null }] })],
    [
      'actions.0.parameters.expires_at',
      () => ({ actions: [{ action: 'apt_hold', parameters: { packages: ['curl'], expires_at: '2020-01-01' } }] }),
    ],
    ['policy', () => ({ policy: [] })],
    ['policy.excludedPackages', () => policy({ excludedPackages: null })],
    ['policy.accepted', () => policy({ accepted: null })],
    ['policy.downgrades', () => policy({ downgrades: null })],
    ['policy.origins.0', () => policy({ origins: ['Debian\u0000'] })],
    ['policy.origins.0', () => policy({ origins: ['Debian\ud800'] })],
    ['name', () => ({ name: 'Night\u0000ly' })],
    ['runAt', () => ({ cron: '@once', runAt: '+275000-01-01T00:00:00Z' })],
    ['runAt', () => ({ cron: '@once', runAt: 5e15 })],
    ['runAt', () => ({ cron: '@once', runAt: true })],
  ])('names %s of a schedule, and makes none', async (field, more) => {
    refused(await administrator.post('/schedules', schedule(more())), field);
    expect((await administrator.get('/schedules')).body).toMatchObject({ items: [] });
  });

  it('names what is missing for a preview of the scope', async () => {
    refused(await administrator.post('/schedules/preview/scope', {}), 'scope');
  });

  it('names a moment that no window can open at', async () => {
    const once = { cron: '@once', opensAt: '+275000-01-01T00:00:00Z', timezone: 'UTC', durationMinutes: 60 };
    const window = { name: 'Far', enabled: true, scope: 'fleet', ...once };
    refused(await administrator.post('/maintenance-windows', window), 'opensAt');
    refused(await administrator.post('/maintenance-windows/preview', once), 'opensAt');
  });

  it('names a name that no rule can have', async () => {
    const conditions = {
      actions: [],
      risks: [],
      requesters: [],
      tagIds: [],
      minMachines: null,
      removals: false,
      newPackages: false,
      origin: null,
    };
    const rule = { name: 'Two\u0000people', enabled: true, demand: 'four_eyes', conditions };
    refused(await administrator.post('/approval-rules', rule), 'name');
  });

  it.each(['from', 'to'])('names %s of a calendar before Christ', async (field) => {
    const times = { from: '2026-11-01T00:00:00Z', to: '2026-11-30T00:00:00Z', [field]: '-000100-01-01T00:00:00Z' };
    const query = new URLSearchParams(times).toString();
    refused(await administrator.get(`/schedule-occurrences?${query}`), field);
  });

  it.each([
    ['null', null],
    ['blanks', '   '],
    ['signs that nobody sees', '\u200b\u200b\u200b'],
    ['two signs among blanks', ' ab '],
    ['a sign that is no text', 'abc\u0000'],
  ])('takes no leave to begin outside a window for %s', async (_what, windowOverride) => {
    const body = { digest: 'a'.repeat(64), accepted: [], windowOverride };
    refused(await administrator.post(`/requests/${newId()}/confirm`, body), 'windowOverride');
  });
});
