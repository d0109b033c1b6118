import { addMachine } from '../../../../test/support/machine-samples';
import { insertMachine, insertRow } from '../../../../test/support/insert-row';
import { createWholeApp, principalOf, type Client, type TestApp } from '../../../../test/support/test-app';
import { newId } from '../../../kernel/database/ids';
import { RequestSeals } from '../requests/request-seals';
import { Contracts } from '../../../kernel/contracts/contracts';
import { planDigest } from '../contracts/action-plan';
import { TransactionRunner } from '../../../kernel/database/transaction';

const ANY = {
  actions: [],
  risks: [],
  requesters: [],
  tagIds: [],
  minMachines: null,
  removals: false,
  newPackages: false,
  origin: null,
};
const LINES = ['machine m', 'upgrade a 1 2'];
const DIGEST = planDigest(LINES);
/** Conditions of a newer program, as the API gives them. */
const STRANGE = {
  contract: 'approval_conditions',
  schemaVersion: 9,
  unreadable: 'newer',
  document: { schema_version: 9 },
};

interface Rule {
  readonly id: string;
  readonly version: number;
}
interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly errors?: { field: string }[];
}

describe('rules of approval', () => {
  let test: TestApp;
  let administrator: Client;
  let machineId: string;

  beforeAll(async () => {
    test = await createWholeApp();
    administrator = test.as('administrator');
    machineId = await addMachine(administrator, 'web-1');
  }, 60_000);
  afterAll(() => test.close());
  beforeEach(async () => {
    await test.dataSource.query('DELETE FROM action_requests');
    await test.dataSource.query('DELETE FROM approval_rules');
  });

  /** As a planning job leaves one. */
  async function asked(by: { type: string; id: string }, effects: object, more: object = {}): Promise<string> {
    const id = newId();
    const contracts = test.app.get(Contracts);
    const approval = { own_confirmation: false, four_eyes: false, administrators: false, reasons: [], machines: 1 };
    await insertRow(test.dataSource, 'action_requests', {
      id,
      machine_id: machineId,
      requested_by_type: by.type,
      requested_by_id: by.id,
      requested_by_name: 'Anna',
      action: 'apt_upgrade',
      risk: 'low',
      status: 'pending',
      plan_digest: DIGEST,
      approval_json: contracts.document('request_approval', { ...approval, effects, ...more }),
      created_at: new Date(),
      expires_at: new Date(Date.now() + 3_600_000),
    });
    const details = { schema_version: 1 };
    const plan = {
      parameters: {},
      lines: LINES,
      summary: 'x',
      risk: 'low',
      effects,
      consequences: [],
      checks: [],
      details,
    };
    await insertRow(test.dataSource, 'action_request_targets', {
      request_id: id,
      machine_id: machineId,
      status: 'pending',
      plan_digest: DIGEST,
      plan_json: contracts.document('action_plan', plan),
    });
    await test.app.get(TransactionRunner).run((tx) => test.app.get(RequestSeals).seal(tx, id));
    return id;
  }
  const SECURITY = { removed: 0, added: 0, origins: 'security' };
  const MIXED = { removed: 1, added: 0, origins: 'other' };
  const operator = { type: 'user', id: principalOf('operator').userId };
  const boss = { type: 'user', id: principalOf('administrator').userId };
  const rule = (demand: string, conditions: object = {}, more: object = {}) =>
    administrator.post('/approval-rules', {
      name: demand,
      enabled: true,
      demand,
      conditions: { ...ANY, ...conditions },
      ...more,
    });
  const confirm = async (client: Client, id: string): Promise<string> => {
    const { status, body } = await client.post(`/requests/${id}/confirm`, { digest: DIGEST, accepted: [] });
    return `${String(status)} ${(body as Problem).code}`;
  };
  /** What stands in the way once whoever decides may: the machine of this test has no approved key. */
  const ALLOWED = '409 host_key_unknown';

  it('are added, changed by the version that was seen, and removed; the audit keeps what they were', async () => {
    const made = await rule('four_eyes', { removals: true, minMachines: 5 });
    expect([made.status, made.body]).toMatchObject([
      201,
      { name: 'four_eyes', version: 1, updatedBy: 'The administrator' },
    ]);
    const { id } = made.body as Rule;
    const content = {
      name: 'other',
      enabled: false,
      demand: 'administrators',
      conditions: { ...ANY, risks: ['high'] },
    };
    const changed = await administrator.put(`/approval-rules/${id}`, { ...content, version: 1 });
    expect(changed.body).toMatchObject({ ...content, version: 2 });
    const late = await administrator.put(`/approval-rules/${id}`, { ...content, version: 1 });
    expect([late.status, (late.body as Problem).code]).toEqual([409, 'rule_changed']);
    expect((await administrator.delete(`/approval-rules/${id}?version=1`)).status).toBe(409);
    expect((await administrator.get('/approval-rules')).body).toMatchObject([{ id, version: 2 }]);
    expect((await administrator.delete(`/approval-rules/${id}?version=2`)).status).toBe(204);
    expect((await administrator.delete(`/approval-rules/${id}?version=2`)).status).toBe(404);
    const audit = await test.dataSource.query<{ action: string; details_json: unknown }[]>(
      `SELECT action, details_json FROM audit_log WHERE object_id = $1 ORDER BY id`,
      [id],
    );
    expect(audit).toMatchObject([
      {
        action: 'approval_rule.created',
        details_json: { after: { demand: 'four_eyes', conditions: { removals: true } } },
      },
      { action: 'approval_rule.changed', details_json: { before: { enabled: true }, after: { enabled: false } } },
      { action: 'approval_rule.removed', details_json: { before: { name: 'other', conditions: { risks: ['high'] } } } },
    ]);
  });

  it.each([
    ['no name', { name: ' ' }, 'name'],
    ['a demand that there is not', { demand: 'nobody' }, 'demand'],
    ['a condition that there is not', { conditions: { ...ANY, weekday: 5 } }, 'conditions.weekday'],
    ['no conditions', { conditions: undefined }, 'conditions'],
    ['half of the conditions', { conditions: { actions: [] } }, 'conditions.risks'],
    ['a number of machines below one', { conditions: { ...ANY, minMachines: 0 } }, 'conditions.minMachines'],
    ['an origin that there is not', { conditions: { ...ANY, origin: 'anywhere' } }, 'conditions.origin'],
    [
      'an action that changes nothing',
      { conditions: { ...ANY, actions: ['apt_update_analyze'] } },
      'conditions.actions',
    ],
    ['a tag that there is not', { conditions: { ...ANY, tagIds: [newId()] } }, 'conditions.tagIds'],
  ])('are refused for %s, and name the field', async (_what, more, field) => {
    const { status, body } = await rule('four_eyes', {}, more);
    expect([status, (body as Problem).errors?.[0]?.field]).toEqual([400, field]);
    expect((await administrator.get('/approval-rules')).body).toEqual([]);
  });

  it('have names of their own, and are changed by nobody but administrators', async () => {
    await rule('four_eyes');
    const same = await rule('administrators', {}, { name: 'FOUR_EYES' });
    expect([same.status, (same.body as Problem).code]).toEqual([409, 'rule_name_taken']);
    for (const role of ['viewer', 'operator'] as const) {
      expect((await test.as(role).get('/approval-rules')).status).toBe(200);
      expect((await test.as(role).post('/approval-rules', {})).status).toBe(403);
    }
  });

  it('show beforehand of which waiting requests they would speak', async () => {
    const security = await asked(operator, SECURITY);
    const mixed = await asked(operator, MIXED);
    const unknown = await asked(operator, { removed: null, added: null, origins: null });
    const preview = async (demand: string, conditions: object): Promise<string[]> => {
      const body = { name: 'x', enabled: true, demand, conditions: { ...ANY, ...conditions } };
      const found = (await administrator.post('/approval-rules/preview', body)).body as { requests: { id: string }[] };
      return found.requests.map(({ id }) => id).sort();
    };
    expect(await preview('four_eyes', { removals: true })).toEqual([mixed, unknown].sort());
    expect(await preview('own_confirmation', { origin: 'security_only' })).toEqual([security]);
    expect(await preview('administrators', {})).toEqual([security, mixed, unknown].sort());
  });

  it('change nothing while there are none: whoever may confirm changes does, also their own', async () => {
    expect(await confirm(test.as('operator'), await asked(operator, SECURITY))).toBe('403 not_permitted');
    expect(await confirm(administrator, await asked(operator, SECURITY))).toBe(ALLOWED);
    expect(await confirm(administrator, await asked(boss, SECURITY))).toBe(ALLOWED);
  });

  it('leave it to whoever asked, and to nobody else without the permission', async () => {
    await rule('own_confirmation', { origin: 'security_only' });
    const made = { own_confirmation: true, reasons: [{ rule_id: newId(), rule: 'r', demand: 'own_confirmation' }] };
    const own = await asked(operator, SECURITY, made);
    expect(await confirm(test.as('operator'), own)).toBe(ALLOWED);
    expect(await confirm(test.as('operator'), await asked(boss, SECURITY, made))).toBe('403 not_permitted');
    expect(await confirm(test.as('operator'), await asked(operator, MIXED, made))).toBe('403 not_permitted');
    expect(await confirm(test.as('viewer'), own)).toBe('403 not_permitted');
    // Asked for before the rule, or after it was taken away: the stricter counts.
    expect(await confirm(test.as('operator'), await asked(operator, SECURITY))).toBe('403 not_permitted');
    await test.dataSource.query('DELETE FROM approval_rules');
    expect(await confirm(test.as('operator'), own)).toBe('403 not_permitted');
  });

  it('ask for another person: whoever asked is refused, somebody else is not', async () => {
    const own = await asked(boss, MIXED);
    expect(await confirm(administrator, own)).toBe(ALLOWED);
    await rule('four_eyes', { removals: true });
    expect(await confirm(administrator, own)).toBe('403 four_eyes');
    expect(await confirm(administrator, await asked(operator, MIXED))).toBe(ALLOWED);
    const { body } = await administrator.get(`/requests/${own}`);
    expect(body).toMatchObject({
      approval: { fourEyes: true, why: 'Somebody else than whoever asked has to confirm it, by the rule four_eyes.' },
    });
    // It was asked for under the rule: that it is gone now does not matter.
    const reasons = [{ rule_id: newId(), rule: 'r', demand: 'four_eyes' }];
    const under = await asked(boss, MIXED, { four_eyes: true, reasons });
    await test.dataSource.query('DELETE FROM approval_rules');
    expect(await confirm(administrator, under)).toBe('403 four_eyes');
  });

  it('leave what a program asked for to people alone, whichever they are', async () => {
    const id = await asked({ type: 'hermes', id: 'agent' }, SECURITY);
    expect((await administrator.get(`/requests/${id}`)).body).toMatchObject({ approval: { fourEyes: true } });
    expect(await confirm(test.as('operator'), id)).toBe('403 not_permitted');
    expect(await confirm(administrator, id)).toBe(ALLOWED);
  });

  it('speak of tags as they are at the decision', async () => {
    const { id: tagId } = (await administrator.post('/tags', { name: 'production' })).body as { id: string };
    await rule('four_eyes', { tagIds: [tagId] });
    const own = await asked(boss, SECURITY);
    expect(await confirm(administrator, own)).toBe(ALLOWED);
    await insertRow(test.dataSource, 'machine_tags', { machine_id: machineId, tag_id: tagId });
    expect(await confirm(administrator, own)).toBe('403 four_eyes');
    await test.dataSource.query('DELETE FROM tags');
  });

  it('that ask for less by a tag do so only where each of the machines carries it', async () => {
    const { id: tagId } = (await administrator.post('/tags', { name: 'sandbox' })).body as { id: string };
    await rule('own_confirmation', { tagIds: [tagId] });
    const own = await asked(operator, SECURITY);
    await insertRow(test.dataSource, 'machine_tags', { machine_id: machineId, tag_id: tagId });
    expect(await confirm(test.as('operator'), own)).toBe('403 not_permitted');
    const sandboxed = await asked(operator, SECURITY, { own_confirmation: true });
    expect(await confirm(test.as('operator'), sandboxed)).toBe(ALLOWED);
    const other = await insertMachine(test.dataSource);
    await insertRow(test.dataSource, 'action_request_targets', {
      request_id: sandboxed,
      machine_id: other,
      status: 'pending',
    });
    await test.app.get(TransactionRunner).run((tx) => test.app.get(RequestSeals).seal(tx, sandboxed));
    expect(await confirm(test.as('operator'), sandboxed)).toBe('403 not_permitted');
    await test.dataSource.query('DELETE FROM tags');
  });

  it('keep the tags that they go by from whoever may not confirm changes', async () => {
    const { id: tagId } = (await administrator.post('/tags', { name: 'sandbox' })).body as { id: string };
    const { id: free } = (await administrator.post('/tags', { name: 'web' })).body as { id: string };
    await rule('own_confirmation', { tagIds: [tagId] });
    const edit = async (client: Client, tagIds: string[]): Promise<string> => {
      const { status, body } = await client.patch(`/machines/${machineId}`, { tagIds });
      return `${String(status)} ${(body as Partial<Problem>).code ?? ''}`.trim();
    };
    expect(await edit(test.as('operator'), [tagId])).toBe('403 rules_bound');
    expect(await edit(test.as('operator'), [free])).toBe('200');
    expect(await edit(administrator, [tagId])).toBe('200');
    expect(await edit(test.as('operator'), [free])).toBe('403 rules_bound');
    expect(await edit(test.as('operator'), [tagId, free])).toBe('200');
    await test.dataSource.query('DELETE FROM tags');
  });

  it('that cannot be read speak of everything, unless they ask for less', async () => {
    await rule('own_confirmation');
    await rule('four_eyes', { minMachines: 1000 });
    const own = await asked(boss, SECURITY);
    expect(await confirm(administrator, own)).toBe(ALLOWED);
    await test.dataSource.query(`UPDATE approval_rules SET conditions_json = '{"schema_version": 9}'`);
    expect(await confirm(administrator, own)).toBe('403 four_eyes');
    expect((await administrator.get('/approval-rules')).body).toMatchObject([
      { conditions: null, unreadable: [STRANGE] },
      { conditions: null, unreadable: [STRANGE] },
    ]);
  });

  it('that a newer program asked when a request was made are shown as they stand, and nobody confirms past them', async () => {
    const own = await asked(boss, SECURITY);
    expect(await confirm(administrator, own)).toBe(ALLOWED);
    await test.dataSource.query(`UPDATE action_requests SET approval_json = '{"schema_version": 9}'`);
    await test.app.get(TransactionRunner).run((tx) => test.app.get(RequestSeals).seal(tx, own));
    expect((await administrator.get(`/requests/${own}`)).body).toMatchObject({
      plan: { lines: LINES },
      unreadable: [{ ...STRANGE, contract: 'request_approval' }],
    });
    expect(await confirm(administrator, own)).toBe('409 plan_unreadable');
  });
});
