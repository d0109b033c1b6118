import { addMachine } from '../../../../test/support/machine-samples';
import { createWholeApp, type Client, type TestApp } from '../../../../test/support/test-app';
import { newId } from '../../../kernel/database/ids';
import { queryRows } from '../../../kernel/database/rows';
import { OccurrenceRunner } from '../engine/occurrence-runner';

interface Problem {
  code: string;
  detail: string;
  errors?: { field: string; message: string }[];
  missing?: string[];
}
interface Schedule {
  id: string;
  version: number;
  enabled: boolean;
  nextRunAt: string | null;
  nextRuns: string[];
}

const policy = { archives: 'security', removals: false, newPackages: false };

describe('schedules over HTTP', () => {
  let test: TestApp;
  let administrator: Client;
  let operator: Client;
  const machines: string[] = [];
  let tagId: string;

  beforeAll(async () => {
    test = await createWholeApp();
    administrator = test.as('administrator');
    operator = test.as('operator');
    for (const name of ['web-1', 'web-2', 'web-3']) machines.push(await addMachine(administrator, name));
    tagId = ((await administrator.post('/tags', { name: 'prod' })).body as { id: string }).id;
  }, 60_000);
  afterAll(() => test.close());

  const input = (more: object = {}) => ({
    name: 'Nightly analysis',
    cron: '30 2 * * *',
    timezone: 'Europe/Paris',
    scope: { machineIds: [machines[0]] },
    actions: [{ action: 'apt_update_analyze', parameters: {} }],
    ...more,
  });
  const create = async (more: object = {}): Promise<Schedule> => {
    const { status, body } = await administrator.post('/schedules', input(more));
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body as Schedule;
  };
  const audit = async (id: string) =>
    queryRows<{ action: string; details_json: { before: { name: string } | null; after: { name: string } | null } }>(
      test.dataSource,
      'SELECT action, details_json FROM audit_log WHERE object_id = $1 ORDER BY id',
      [id],
    );

  it('may accept every consequence that their actions are said to have', async () => {
    const told = (await operator.get('/actions')).body as { name: string; consequences: string[] }[];
    const of = new Map(told.map(({ name, consequences }) => [name, consequences]));
    expect(of.get('apt_upgrade')).toEqual(['removals', 'downgrades', 'proxmox_host', 'own_machine']);
    expect([of.get('apt_autoremove'), of.get('apt_repair')]).toEqual(Array(2).fill(['removals', 'own_machine']));
    expect(of.get('apt_update_analyze')).toEqual([]);
    const accepted = [...new Set([...of.values()].flat())];
    await create({ name: 'All', actions: [{ action: 'apt_upgrade' }], policy: { ...policy, accepted } });
  });

  it('are made, with the very times at which they will run, and audited', async () => {
    const made = await create();
    expect(made).toMatchObject({
      enabled: true,
      version: 1,
      concurrency: 10,
      missedRuns: 'skip',
      notifyOn: ['error', 'approval_needed'],
      policy: null,
      createdBy: 'The administrator',
      actions: [{ action: 'apt_update_analyze', kind: 'read' }],
      scope: { wholeFleet: false, machineIds: [machines[0]], conditions: { notAnalysedDays: null } },
      lastOccurrence: null,
    });
    expect(made.nextRuns).toHaveLength(5);
    expect(made.nextRunAt).toBe(made.nextRuns[0]);
    const preview = await test
      .as('viewer')
      .post('/schedules/preview/times', { cron: '30 2 * * *', timezone: 'Europe/Paris' });
    expect((preview.body as Schedule).nextRuns).toEqual(made.nextRuns);
    expect(await audit(made.id)).toMatchObject([
      { action: 'schedule.created', details_json: { before: null, after: { name: 'Nightly analysis' } } },
    ]);
    expect(test.live.changes.at(-1)).toMatchObject({ scheduleIds: [made.id] });
  });

  it('are listed with the number of their machines, however many; each by itself names them', async () => {
    const { id } = await create({ scope: { machineIds: machines, tagIds: [tagId] }, acknowledged: ['all_machines'] });
    const list = (await test.as('viewer').get('/schedules')).body as { items: Schedule[] };
    const listed = list.items.find((schedule) => schedule.id === id);
    expect(listed).toMatchObject({ scope: { wholeFleet: false, machineCount: 3, tagIds: [tagId], conditions: {} } });
    for (const machineId of machines) expect(JSON.stringify(list)).not.toContain(machineId);
    expect((await test.as('viewer').get(`/schedules/${id}`)).body).toMatchObject({ scope: { machineIds: machines } });
  });

  it.each([
    ['a day that there is not', { cron: '0 3 30 2 *' }, 'cron'],
    ['six fields', { cron: '0 0 3 * * *' }, 'cron'],
    ['an nth weekday in a list', { cron: '0 3 * * MON,FRI#2' }, 'cron'],
    ['no zone', { timezone: 'Europe/Atlantis' }, 'timezone'],
    ['a single run without its time', { cron: '@once' }, 'runAt'],
    ['a single run that is over', { cron: '@once', runAt: '2020-01-01T00:00:00Z' }, 'runAt'],
    ['a time that is not used', { runAt: '2099-01-01T00:00:00Z' }, 'runAt'],
    ['no machines', { scope: {} }, 'scope'],
    ['the fleet, and machines', { scope: { wholeFleet: true, machineIds: [newId()] } }, 'scope'],
    ['a machine that is not there', { scope: { machineIds: [newId()] } }, 'scope.machineIds'],
    ['a tag that is not there', { scope: { tagIds: [newId()] } }, 'scope.tagIds'],
    ['an unknown action', { actions: [{ action: 'nonsense_action' }] }, 'actions.0.action'],
    ['wrong parameters', { actions: [{ action: 'machine_probe', parameters: { a: 1 } }] }, 'actions.0.parameters.a'],
    ['no action', { actions: [] }, 'actions'],
    ['a change without a policy', { actions: [{ action: 'apt_upgrade' }] }, 'policy'],
    ['a policy for nothing', { policy }, 'policy'],
    [
      'a consequence that no plan has',
      { actions: [{ action: 'apt_upgrade' }], policy: { ...policy, accepted: ['own_machine', 'made_up_code'] } },
      'policy.accepted',
    ],
    ['a window without its length', { missedRuns: 'window' }, 'windowSeconds'],
    ['a field that there is not', { machines: [] }, 'machines'],
  ])('are refused for %s', async (_what, more, field) => {
    const { status, body } = await administrator.post('/schedules', input(more));
    expect([status, (body as Problem).errors?.[0]?.field]).toEqual([400, field]);
  });

  it('of everything or nothing are saved only once that was said', async () => {
    const preview = await administrator.post('/schedules/preview/scope', { scope: { wholeFleet: true } });
    expect(preview.body).toMatchObject({ total: 3, chosen: 3, matching: 3, notices: ['all_machines'] });
    const fleet = { scope: { wholeFleet: true } };
    const refused = await administrator.post('/schedules', input(fleet));
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: 'scope_not_acknowledged', missing: ['all_machines'] });
    await create({ ...fleet, acknowledged: ['all_machines'] });
    const each = { scope: { machineIds: machines } };
    expect((await administrator.post('/schedules', input(each))).body).toMatchObject({ missing: ['all_machines'] });

    const nothing = { scope: { tagIds: [tagId] } };
    const empty = await administrator.post('/schedules', input(nothing));
    expect(empty.body).toMatchObject({ code: 'scope_not_acknowledged', missing: ['no_machines'] });
    await create({ ...nothing, acknowledged: ['no_machines'] });
  });

  it('say whom their conditions leave out, and who could not be worked on', async () => {
    await test.dataSource.query(
      'UPDATE machine_state SET apt_security_updates_count = 2, apt_last_analyze_at = now() WHERE machine_id = $1',
      [machines[0]],
    );
    const scope = { machineIds: machines, conditions: { securityUpdates: true } };
    const { body } = await administrator.post('/schedules/preview/scope', { scope });
    expect(body).toMatchObject({
      chosen: 3,
      matching: 1,
      machines: [{ id: machines[0], name: 'web-1' }],
      leftOut: [
        { code: 'security_updates', count: 2, machines: [{ name: 'web-2' }, { name: 'web-3' }] },
        { code: 'host_key_unknown', count: 1, machines: [{ name: 'web-1' }] },
      ],
      notices: ['all_machines'],
    });
    const old = await administrator.post('/schedules/preview/scope', {
      scope: { machineIds: machines, conditions: { notAnalysedDays: 2 } },
    });
    expect(old.body).toMatchObject({ matching: 2, leftOut: [{ code: 'not_analysed', count: 1 }, { count: 2 }] });
  });

  it('that change machines are an administrator’s, with a policy that saving confirms', async () => {
    const change = { actions: [{ action: 'apt_upgrade', parameters: { scope: 'security' } }], policy };
    expect((await operator.post('/schedules', input(change))).status).toBe(403);
    const made = await create(change);
    expect(made).toMatchObject({
      policy: { ...policy, packages: null, downgrades: false, accepted: [] },
      policyConfirmedBy: 'The administrator',
      policyConfirmedAt: expect.any(String) as string,
    });
    // An operator may stop it, and neither start it again nor give it more machines.
    const stopped = await operator.post(`/schedules/${made.id}/disable`, { version: 1 });
    expect(stopped.body).toMatchObject({ enabled: false, nextRunAt: null, version: 2 });
    expect((await operator.post(`/schedules/${made.id}/enable`, { version: 2 })).status).toBe(403);
    const wider = input({ ...change, scope: { machineIds: machines }, version: 2 });
    expect((await operator.put(`/schedules/${made.id}`, wider)).status).toBe(403);
    expect((await administrator.post(`/schedules/${made.id}/enable`, { version: 2 })).status).toBe(200);
    expect((await audit(made.id)).map(({ action }) => action)).toEqual([
      'schedule.created',
      'schedule.disabled',
      'schedule.enabled',
    ]);
  });

  it('are changed by whoever saw them last', async () => {
    const { id } = await create();
    const changed = await operator.put(`/schedules/${id}`, input({ name: 'Later', cron: '0 4 * * *', version: 1 }));
    expect(changed.body).toMatchObject({ name: 'Later', version: 2, updatedBy: 'The operator' });
    const late = await administrator.put(`/schedules/${id}`, input({ version: 1 }));
    expect([late.status, (late.body as Problem).code]).toEqual([409, 'version_differs']);
    expect((await audit(id)).at(-1)).toMatchObject({
      action: 'schedule.changed',
      details_json: { before: { name: 'Nightly analysis' }, after: { name: 'Later' } },
    });
  });

  it('are removed, and not found any more', async () => {
    const { id } = await create();
    expect((await operator.delete(`/schedules/${id}?version=7`)).status).toBe(409);
    expect((await operator.delete(`/schedules/${id}?version=1`)).status).toBe(204);
    expect((await administrator.get(`/schedules/${id}`)).status).toBe(404);
    expect((await administrator.get(`/schedules/${id}/occurrences`)).status).toBe(404);
    expect((await operator.delete(`/schedules/${id}?version=2`)).status).toBe(404);
  });

  it('are seen by a viewer, who changes nothing', async () => {
    const { id } = await create();
    const viewer = test.as('viewer');
    expect((await viewer.get('/schedules?limit=2')).body).toMatchObject({ items: [{ id }, {}] });
    expect((await viewer.get(`/schedules/${id}/occurrences`)).body).toEqual({ items: [], nextCursor: null });
    expect((await viewer.post('/schedules', input())).status).toBe(403);
    expect((await viewer.delete(`/schedules/${id}?version=1`)).status).toBe(403);
  });

  it('are run by hand by whoever may, once or often, and ended once', async () => {
    const { id } = await create({ enabled: false });
    expect((await test.as('viewer').post(`/schedules/${id}/run`)).status).toBe(403);
    const begun = await operator.post(`/schedules/${id}/run`);
    const occurrence = begun.body as { id: string };
    expect([begun.status, begun.body]).toMatchObject([
      202,
      { scheduleId: id, status: 'queued', trigger: 'person', startedBy: 'The operator', machinesCount: null },
    ]);
    expect((await operator.get(`/schedules/${id}`)).body).toMatchObject({ lastOccurrence: { id: occurrence.id } });
    expect((await operator.get(`/schedule-occurrences/${occurrence.id}/targets`)).body).toEqual({
      items: [],
      nextCursor: null,
    });
    const cancel = () => operator.post(`/schedule-occurrences/${occurrence.id}/cancel`, { reason: 'not today' });
    expect((await cancel()).status).toBe(200);
    await test.app.get(OccurrenceRunner).advanceAll();
    expect((await operator.get(`/schedule-occurrences/${occurrence.id}`)).body).toMatchObject({
      status: 'cancelled',
      errorKind: 'cancelled',
      errorMessage: 'The operator cancelled it.',
    });
    expect([(await cancel()).status, (await cancel()).body]).toMatchObject([409, { code: 'occurrence_ended' }]);
    expect((await audit(id)).map(({ action }) => action)).toEqual([
      'schedule.created',
      'schedule.run',
      'schedule.occurrence_cancelled',
    ]);
    const change = { actions: [{ action: 'apt_upgrade', parameters: {} }], policy };
    expect((await operator.post(`/schedules/${(await create(change)).id}/run`)).status).toBe(403);
  });

  it('that are due all the time fill each day of the calendar as one', async () => {
    const { id } = await create({ name: 'Each minute', cron: '* * * * *', timezone: 'UTC' });
    await test.dataSource.query(
      `INSERT INTO schedule_occurrences (id, schedule_id, due_at, trigger, status, created_at, finished_at)
       SELECT gen_random_uuid(), $1, date_trunc('minute', now()) - n * interval '1 minute', 'schedule',
         CASE WHEN n = 7 THEN 'error' ELSE 'ok' END, now(), now() FROM generate_series(1, 500) AS n`,
      [id],
    );
    const [from, to] = [new Date(Date.now() - 86_400_000), new Date(Date.now() + 3 * 86_400_000)];
    const span = `from=${from.toISOString()}&to=${to.toISOString()}`;
    const { body } = await operator.get(`/schedule-occurrences?${span}&scheduleId=${id}`);
    expect(body).toMatchObject({
      occurrences: [],
      planned: [],
      frequent: [{ scheduleId: id, scheduleName: 'Each minute', to: to.toISOString(), count: 500, troubleCount: 1 }],
      gaps: [],
    });
    expect((await operator.delete(`/schedules/${id}?version=1`)).status).toBe(204);
  });

  it('say what their machines and tags are called', async () => {
    const { id } = await create({ scope: { machineIds: [machines[1]], tagIds: [tagId] } });
    expect((await operator.get(`/schedules/${id}`)).body).toMatchObject({
      named: { machines: [{ id: machines[1], name: 'web-2' }], tags: [{ id: tagId, name: 'prod' }], more: 0 },
    });
  });

  it('are shown and removed though their times cannot be told any more', async () => {
    const { id } = await create();
    await test.dataSource.query(`UPDATE schedules SET timezone = 'Mars/Phobos' WHERE id = $1`, [id]);
    const shown = await operator.get(`/schedules/${id}`);
    expect([shown.status, shown.body]).toMatchObject([200, { timingProblem: 'timezone_unknown', nextRuns: [] }]);
    const [from, to] = [new Date(), new Date(Date.now() + 2 * 86_400_000)].map((at) => at.toISOString());
    const calendar = await operator.get(`/schedule-occurrences?from=${String(from)}&to=${String(to)}`);
    expect(calendar.status).toBe(200);
    expect((await operator.post(`/schedules/${id}/disable`, { version: 1 })).status).toBe(200);
    expect((await operator.post(`/schedules/${id}/enable`, { version: 2 })).body).toMatchObject({
      code: 'times_unreadable',
    });
    expect((await operator.delete(`/schedules/${id}?version=2`)).status).toBe(204);
  });

  it('that change machines keep the tags of their scope from whoever may not confirm changes', async () => {
    const { id: tag } = (await administrator.post('/tags', { name: 'changing' })).body as { id: string };
    const made = await create({
      scope: { tagIds: [tag] },
      actions: [{ action: 'apt_upgrade', parameters: { mode: 'upgrade' } }],
      acknowledged: ['no_machines'],
      policy,
    });
    const edit = (client: Client, tagIds: string[]) => client.patch(`/machines/${machines[2] ?? ''}`, { tagIds });
    const refused = await edit(operator, [tag]);
    expect(refused).toMatchObject({ status: 403, body: { code: 'schedules_bound' } });
    expect((await administrator.get(`/machines/${machines[2] ?? ''}`)).body).toMatchObject({ tags: [] });
    expect((await edit(administrator, [tag])).status).toBe(200);
    expect((await edit(operator, [])).status).toBe(200);
    expect((await administrator.delete(`/schedules/${made.id}?version=1`)).status).toBe(204);
  });

  it('keep a tag of their scope from being removed, as rules of approval do, and say which they are', async () => {
    const made = await administrator.post('/tags', { name: 'nightly' });
    const { id: tag } = made.body as { id: string };
    const scope = { scope: { tagIds: [tag] }, acknowledged: ['no_machines'] };
    const first = await create({ ...scope, name: 'Security at night' });
    await create({ ...scope, name: 'Inventory', enabled: false });
    const none = { minMachines: null, removals: false, newPackages: false, origin: null };
    const conditions = { actions: [], risks: [], requesters: [], tagIds: [tag], ...none };
    const rule = { name: 'Two of us', enabled: true, demand: 'four_eyes', conditions };
    expect(await administrator.post('/approval-rules', rule)).toMatchObject({ status: 201 });
    const refused = await administrator.delete(`/tags/${tag}`);
    expect([refused.status, refused.body]).toMatchObject([
      409,
      {
        code: 'tag_in_use',
        errors: [
          { message: expect.stringContaining('Rules of approval go by this tag: Two of us.') },
          { message: expect.stringContaining('Schedules go by this tag: Inventory, Security at night.') },
        ],
      },
    ]);
    await test.dataSource.query('DELETE FROM approval_rules');
    // What is removed stays for what it ran, and means no machines any more.
    expect((await administrator.delete(`/schedules/${first.id}?version=1`)).status).toBe(204);
    const left = await administrator.delete(`/tags/${tag}`);
    expect((left.body as Problem).detail).toMatch(/^Schedules go by this tag: Inventory\./);
    await test.dataSource.query(`UPDATE schedules SET deleted_at = now() WHERE name = 'Inventory'`);
    expect((await administrator.delete(`/tags/${tag}`)).status).toBe(204);
    const late = await administrator.post('/schedules', input(scope));
    expect([late.status, (late.body as Problem).errors?.[0]?.field]).toEqual([400, 'scope.tagIds']);
  });

  it('fill a calendar', async () => {
    const { id } = await create({ cron: '0 */6 * * *', timezone: 'UTC' });
    const from = new Date(Date.now() - 86_400_000).toISOString();
    const to = new Date(Date.now() + 2 * 86_400_000).toISOString();
    const { body } = await test.as('viewer').get(`/schedule-occurrences?from=${from}&to=${to}&scheduleId=${id}`);
    expect(body).toMatchObject({ occurrences: [], frequent: [], gaps: [] });
    const { planned } = body as { planned: { dueAt: string; scheduleId: string }[] };
    expect(planned).toHaveLength(8);
    expect(planned.every((one) => one.scheduleId === id && Date.parse(one.dueAt) > Date.now())).toBe(true);
    const long = await administrator.get(`/schedule-occurrences?from=${from}&to=2099-01-01T00:00:00Z`);
    expect([long.status, (long.body as Problem).errors?.[0]?.field]).toEqual([400, 'to']);
  });
});
