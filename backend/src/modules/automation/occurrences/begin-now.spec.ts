import { insertRow } from '../../../../test/support/insert-row';
import { addMachine } from '../../../../test/support/machine-samples';
import { createWholeApp, type TestApp } from '../../../../test/support/test-app';
import { newId } from '../../../kernel/database/ids';
import { affected, queryRows } from '../../../kernel/database/rows';

const HOUR_MS = 3_600_000;
const IN_A_RUN = `UPDATE schedule_occurrences SET status = 'running', machines_count = 1, started_at = now() WHERE id = $1`;

describe('a machine of a run that waits for its window, over HTTP', () => {
  let test: TestApp;
  let scheduleId: string;
  let runId: string;
  let machineId: string;
  const begin = (role: Parameters<TestApp['as']>[0], reason: unknown = 'the shop is down', machine = machineId) =>
    test.as(role).post(`/schedule-occurrences/${runId}/targets/${machine}/begin-now`, { reason });
  const target = async () => {
    const { body } = await test.as('viewer').get(`/schedule-occurrences/${runId}/targets`);
    return (body as { items: unknown[] }).items[0];
  };

  beforeAll(async () => {
    test = await createWholeApp();
    const administrator = test.as('administrator');
    machineId = await addMachine(administrator, 'web-1');
    const made = await administrator.post('/schedules', {
      name: 'Nightly',
      cron: '30 2 * * *',
      timezone: 'Europe/Paris',
      scope: { machineIds: [machineId] },
      actions: [
        { action: 'apt_upgrade', parameters: { scope: 'security' } },
        { action: 'reboot', parameters: { only_if_needed: true } },
      ],
      policy: { archives: 'security', removals: false, newPackages: false },
      acknowledged: ['all_machines'],
    });
    scheduleId = (made.body as { id: string }).id;
    runId = ((await administrator.post(`/schedules/${scheduleId}/run`)).body as { id: string }).id;
    await affected(test.dataSource, IN_A_RUN, [runId]);
    const from = new Date(Date.now() + HOUR_MS);
    const window = { resume_at: from, start_before: new Date(from.getTime() + HOUR_MS), window_name: 'Nights' };
    const row = { occurrence_id: runId, machine_id: machineId, status: 'queued', ...window };
    await insertRow(test.dataSource, 'schedule_occurrence_targets', row);
  }, 60_000);
  afterAll(() => test.close());

  it('is let begin by those alone who may set a window aside, with a reason that says something', async () => {
    expect(await target()).toMatchObject({
      left: ['apt_upgrade', 'reboot'],
      windowName: 'Nights',
      windowOverride: null,
    });
    for (const role of ['viewer', 'operator'] as const) expect(await begin(role)).toMatchObject({ status: 403 });
    for (const reason of [null, '', '  .  ', 'x'.repeat(501)])
      expect(await begin('administrator', reason)).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
    expect(await begin('administrator', 'why', newId())).toMatchObject({ status: 404 });
    expect(await target()).toMatchObject({ windowOverride: null });
  });

  it('is let begin once, and whoever watches and the workers hear of it', async () => {
    expect(await begin('administrator', '  the shop is down ')).toMatchObject({ status: 200, body: { id: runId } });
    expect(await target()).toMatchObject({ windowOverride: 'the shop is down', windowOverrideBy: 'The administrator' });
    expect(test.live.changes.at(-1)).toMatchObject({ scheduleIds: [scheduleId] });
    expect(await begin('administrator')).toMatchObject({
      status: 409,
      body: { code: 'not_held', detail: expect.stringContaining('waits for no maintenance window') as string },
    });
    const audit = `SELECT object_id, details_json FROM audit_log WHERE action = 'window.overridden' AND outcome = 'ok'`;
    expect(await queryRows(test.dataSource, audit)).toMatchObject([
      { object_id: runId, details_json: { action: 'apt_upgrade', reason: 'the shop is down' } },
    ]);
  });
});
