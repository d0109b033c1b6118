import type { Page } from 'playwright-core';
import type { ApiClient } from '../../backend/test/support/api-client';
import { dailyElsewhen } from '../../backend/test/support/daily';
import { axeViolations, consoleErrors, sidewaysElements } from './support/browser';
import { PortalSession } from './support/portal-session';

const RUN_REQUESTS = 60;
const SINGLES = 170;

/** More requests than one page holds, most of them left to people by one run of a schedule. No machine is reached. */
describe('many requests', () => {
  let session: PortalSession;
  let api: ApiClient;
  let page: Page;
  let errors: readonly string[];
  let run: string;
  const heading = (text: string | RegExp) => page.locator('h1', { hasText: text }).waitFor();
  const button = (name: string | RegExp) => page.getByRole('button', { name });

  beforeAll(async () => {
    session = await PortalSession.open();
    ({ api } = session);
    await session.dataSource.query(MACHINES, [RUN_REQUESTS + SINGLES]);
    await session.dataSource.query(STATES);
    const schedule = await api.post<{ id: string }>('/schedules', SCHEDULE);
    const [occurrence] = await session.dataSource.query<{ id: string }[]>(OCCURRENCE, [schedule.id]);
    run = occurrence?.id ?? '';
    await session.dataSource.query(REQUESTS, [run, schedule.id, RUN_REQUESTS]);
    await session.dataSource.query(TARGETS);
    await session.dataSource.query(OCCURRENCE_TARGETS, [run]);
    const context = await session.browserContext({ locale: 'en-GB' });
    page = await context.newPage();
    errors = consoleErrors(page);
  }, 120_000);
  afterAll(async () => {
    expect(errors).toEqual([]);
    await session.close();
  }, 60_000);

  it('are counted by the server, and all of them can be reached; those of one run stand together', async () => {
    await page.goto(`${api.origin}/requests`);
    await heading('230 requests wait for a decision.');
    await page.getByRole('navigation').getByText(/^230/).waitFor();
    const cards = page.locator('.inbox article');
    await page.getByRole('heading', { name: `Update, ${String(RUN_REQUESTS)} machines` }).waitFor();
    expect(await cards.count()).toBe(50);
    expect(await axeViolations(page)).toEqual([]);
    for (const expected of [100, 150, SINGLES + 1]) {
      await button('Show more requests').click();
      await cards.nth(expected - 1).waitFor();
    }
    expect(await cards.count()).toBe(SINGLES + 1);
    await button('Show more requests').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Open the run of the schedule' }).first().waitFor();
  });

  it('of one run are decided together: what is chosen, with its number, each by itself', async () => {
    await page.goto(`${api.origin}/requests`);
    await page.getByRole('link', { name: `Open: Update, ${String(RUN_REQUESTS)} machines` }).click();
    await heading(`Update: ${String(RUN_REQUESTS)} requests wait`);
    await page.getByText(`${String(RUN_REQUESTS)} of ${String(RUN_REQUESTS)} chosen`).waitFor();
    await page.getByRole('link', { name: 'The whole plan of run-1', exact: true }).waitFor();
    await page.getByText('on 60 machines').first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    for (let count = 4; count <= RUN_REQUESTS; count += 1) {
      await page.getByLabel(`Decide about run-${String(count)}`, { exact: true }).uncheck();
    }
    await button('Refuse 3 requests').click();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByLabel('Reason (optional)').fill('not this week');
    await page.getByRole('dialog').getByRole('button', { name: 'Refuse 3 requests' }).click();
    await page.getByText('3 requests were refused.').waitFor();
    await heading(`Update: ${String(RUN_REQUESTS - 3)} requests wait`);
    const refused = await api.get<{ items: object[] }>('/requests?status=rejected');
    expect(refused.items).toHaveLength(3);
    expect(refused.items[0]).toMatchObject({ decisionReason: 'not this week' });
  });

  it('are confirmed only with their consequences accepted; what was edited past the program is not, and says why', async () => {
    await page.goto(`${api.origin}/requests/runs/${run}/apt_upgrade`);
    const confirm = button('Confirm 57 changes');
    await confirm.waitFor();
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel(/Packages are removed.*57 machines/).check();
    await confirm.click();
    await page.getByRole('dialog').getByRole('heading', { name: 'Confirm 57 changes on 57 machines' }).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm 57 changes' }).click();
    // They were written by SQL: none of them has a seal.
    await page.getByText('Nothing was confirmed.').waitFor();
    await page.getByText(/^57 requests stay as they are: /).waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('begin outside the windows of their machines for who says why', async () => {
    const from = new Date(Date.now() + 5 * 3_600_000);
    const times = { cron: '@once', opensAt: from.toISOString(), timezone: 'UTC', durationMinutes: 180, enabled: true };
    await api.post('/maintenance-windows', { name: 'Nights', scope: 'fleet', ...times });
    await page.goto(`${api.origin}/requests/runs/${run}/apt_upgrade`);
    await page.getByText(/57 machines wait for their maintenance windows/).waitFor();
    await button('Confirm 57 changes, run in the windows').waitFor();
    const outside = button('Begin now all the same');
    expect(await outside.isDisabled()).toBe(true);
    await page.getByLabel(/Packages are removed.*57 machines/).check();
    await outside.click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'Begin 57 changes on 57 machines outside their windows?' }).waitFor();
    const act = dialog.getByRole('button', { name: 'Begin 57 changes now all the same' });
    expect(await act.isDisabled()).toBe(true);
    await dialog.getByLabel('Why now').fill('The shop is down');
    expect(await axeViolations(page)).toEqual([]);
    const sent = page.waitForRequest(/request-inbox\/confirm$/);
    await act.click();
    expect((await sent).postDataJSON()).toMatchObject({ windowOverride: 'The shop is down' });
    await page.getByText('Nothing was confirmed.').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('fit a phone, in the dark and in French', async () => {
    await api.put('/me/preferences/language', { value: 'fr' });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of ['/requests', `/requests/runs/${run}/apt_upgrade`]) {
      await page.goto(`${api.origin}${path}`);
      await heading(/57 demandes|227 demandes/);
      expect(await sidewaysElements(page)).toEqual([]);
      expect(await axeViolations(page)).toEqual([]);
    }
    await button('Refuser 57 demandes').click();
    await page.getByRole('dialog').getByRole('heading', { name: 'Refuser 57 demandes' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
  });

  it('that nobody waits for any more leave the way back', async () => {
    await session.dataSource.query(`UPDATE action_requests SET status = 'expired' WHERE occurrence_id = $1`, [run]);
    await api.put('/me/preferences/language', { value: 'en' });
    await page.goto(`${api.origin}/requests/runs/${run}/apt_upgrade`);
    await page.getByText('Nothing of this run waits any more.').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });
});

const SCHEDULE = {
  name: 'Nightly security',
  ...dailyElsewhen(),
  scope: { wholeFleet: true },
  acknowledged: ['all_machines'],
  actions: [{ action: 'apt_upgrade', parameters: { mode: 'upgrade', scope: 'security' } }],
  policy: { archives: 'security', removals: false, newPackages: false },
};

const MACHINES = `
  INSERT INTO machines (id, name, hostname, port, os_family, username, status, created_at, updated_at)
  SELECT gen_random_uuid(), 'run-' || i, 'run-' || i || '.example', 22, 'debian', 'admin', 'active', now(), now()
  FROM generate_series(1, $1::int) i`;

const STATES = `
  INSERT INTO machine_state (machine_id, status, updated_at) SELECT id, 'unknown', now() FROM machines`;

const OCCURRENCE = `
  INSERT INTO schedule_occurrences (id, schedule_id, due_at, trigger, status, machines_count, ok_count, warning_count, error_count,
    cancelled_count, created_at, started_at, finished_at)
  VALUES (gen_random_uuid(), $1, now(), 'schedule', 'warning', 60, 0, 60, 0, 0, now(), now(), now()) RETURNING id`;

/** The first of the machines by their number are those of the run, and end first. */
const REQUESTS = `
  INSERT INTO action_requests (id, machine_id, requested_by_type, requested_by_id, requested_by_name, answerable_ids, occurrence_id,
    action, risk, status, summary, payload_json, plan_digest, created_at, expires_at)
  SELECT gen_random_uuid(), m.id, 'schedule', $2::text, 'Nightly security', '{}', CASE WHEN m.number <= $3::int THEN $1::uuid END,
    'apt_upgrade', 'high', 'pending', 'Upgrades 1 package and removes 1.', '{"schema_version": 1, "parameters": {}}',
    repeat('a', 64), now(), now() + make_interval(mins => 100 + m.number)
  FROM (SELECT id, split_part(name, '-', 2)::int AS number FROM machines) m`;

const TARGETS = `
  INSERT INTO action_request_targets (request_id, machine_id, status, plan_digest, plan_json)
  SELECT id, machine_id, 'pending', plan_digest, jsonb_build_object('schema_version', 2, 'parameters', '{}'::jsonb,
    'lines', jsonb_build_array('upgrade openssl 3.0.1 3.0.2 amd64 Debian-Security:12/stable-security', 'machine ' || machine_id),
    'summary', summary, 'risk', 'high', 'effects', '{"removed": 1, "added": 0, "origins": "security"}'::jsonb,
    'consequences', '[{"code": "removals", "sentence": "Packages are removed."}]'::jsonb, 'checks', '[]'::jsonb,
    'details', '{"schema_version": 1}'::jsonb)
  FROM action_requests`;

const OCCURRENCE_TARGETS = `
  INSERT INTO schedule_occurrence_targets (occurrence_id, machine_id, status, request_id, error_kind, started_at, finished_at)
  SELECT $1, machine_id, 'warning', id, 'approval_needed', now(), now() FROM action_requests WHERE occurrence_id = $1`;
