import type { Page } from 'playwright-core';
import type { ApiClient } from '../../backend/test/support/api-client';
import { axeViolations, consoleErrors, sidewaysElements } from './support/browser';
import { PortalSession } from './support/portal-session';

const WAITING = 530;
const PLACES = 60;

/** More jobs than one page holds wait for a window, and machines of a schedule for a place. No machine is reached. */
describe('much that waits', () => {
  let session: PortalSession;
  let api: ApiClient;
  let page: Page;
  let errors: readonly string[];
  let run: string;
  let job: { id: string; machine_id: string };
  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const rows = () => page.locator('section[aria-labelledby="waiting"] tbody tr');

  beforeAll(async () => {
    session = await PortalSession.open();
    ({ api } = session);
    const { dataSource } = session;
    await dataSource.query(MACHINES, [WAITING]);
    await dataSource.query(
      `INSERT INTO machine_state (machine_id, status, updated_at) SELECT id, 'unknown', now() FROM machines`,
    );
    // What waits is decided anew when the program sees its windows for the first time: they have to be there.
    const opens = new Date(Date.now() + 5 * 3_600_000);
    const cron = `${String(opens.getUTCMinutes())} ${String(opens.getUTCHours())} * * *`;
    const times = { cron, timezone: 'UTC', durationMinutes: 180, enabled: true };
    await api.post('/maintenance-windows', { name: 'Nights', scope: 'fleet', ...times });
    await dataSource.query(JOBS);
    [job = job] = await dataSource.query<(typeof job)[]>(LAST_JOB);
    const schedule = await api.post<{ id: string }>('/schedules', SCHEDULE);
    const [made] = await dataSource.query<{ id: string }[]>(RUN, [schedule.id, JSON.stringify(DEFINITION)]);
    run = made?.id ?? '';
    await dataSource.query(TARGETS, [run, PLACES]);
    const context = await session.browserContext({ locale: 'en-GB' });
    page = await context.newPage();
    errors = consoleErrors(page);
  }, 120_000);
  afterAll(async () => {
    expect(errors).toEqual([]);
    await session.close();
  }, 60_000);

  it('is counted by the server, and all of it can be reached', async () => {
    await page.goto(`${api.origin}/activity`);
    await page.locator('h1', { hasText: 'Nothing runs, 530 waiting.' }).waitFor();
    await page.getByText('The first 200 of 530 are shown.').waitFor();
    expect(await rows().count()).toBe(200);
    expect(await axeViolations(page)).toEqual([]);
    await button('Show more of what waits').click();
    await page.getByText('The first 400 of 530 are shown.').waitFor();
    await button('Show more of what waits').click();
    await rows()
      .nth(WAITING - 1)
      .waitFor();
    await button('Show more of what waits').waitFor({ state: 'detached' });
    await page.getByRole('navigation').getByText(/^530/).waitFor();
    const names = await rows().locator('td:nth-child(3)').allInnerTexts();
    expect(new Set(names).size).toBe(WAITING);
  });

  it('goes when it is cancelled, also from the end of the list', async () => {
    await rows()
      .nth(WAITING - 1)
      .getByRole('button', { name: /^Cancel/ })
      .click();
    await page.locator('h1', { hasText: 'Nothing runs, 529 waiting.' }).waitFor();
    await rows()
      .nth(WAITING - 2)
      .waitFor();
    expect(await rows().count()).toBe(WAITING - 1);
  });

  it('shows the machines of a schedule that wait for a place, and those that wait for their window', async () => {
    await page.reload();
    const runs = page.locator('section[aria-labelledby="active-runs"]');
    await runs
      .getByText(
        `1 machine is at work. ${String(PLACES - 2)} wait for a place: the schedule works on 1 machine at a time. 1 waits for its maintenance window.`,
      )
      .waitFor();
    await runs.getByRole('button', { name: 'Machines of Nightly that wait' }).click();
    await runs.getByText('waits for a place of the schedule').first().waitFor();
    await runs.getByText(/Waits for the window Nights, which opens/).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await button('Show more machines').click();
    await runs
      .locator('su-run-machines li')
      .nth(PLACES - 2)
      .waitFor();
    await runs.getByRole('link', { name: 'Nightly', exact: true }).click();
    await page.waitForURL(/\/schedules\/runs\//);
  });

  it('lets a machine of a schedule begin outside its window, from here and from the page of the run', async () => {
    const begin = 'Begin now all the same: web-2';
    const held = page.locator('tbody tr', { hasText: 'web-2' }).filter({ hasText: 'Nights' });
    await held.getByRole('button', { name: begin }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.goto(`${api.origin}/activity`);
    const runs = page.locator('section[aria-labelledby="active-runs"]');
    await runs.getByRole('button', { name: 'Machines of Nightly that wait' }).click();
    await runs.getByRole('button', { name: begin }).click();
    await page.getByText(/as soon as the schedule has a place: Update\. Where none becomes free/).waitFor();
    await page.fill('#reason', 'The shop is down');
    expect(await axeViolations(page)).toEqual([]);
    await page.locator('.dialog').getByRole('button', { name: 'Begin now all the same' }).click();
    await runs.getByText(/lets it begin outside its window: The shop is down/).waitFor();
    await runs.getByText(`${String(PLACES - 1)} wait for a place`).waitFor();
    await page.goto(`${api.origin}/schedules/runs/${run}`);
    const row = page.locator('tbody tr', { hasText: 'The shop is down' });
    await row.getByText('waits for a place of the schedule').waitFor();
    expect(await page.getByRole('button', { name: /^Begin now all the same/ }).count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
  });

  it('for its window says so on the page of its machine and on its own', async () => {
    await page.goto(`${api.origin}/machines/${job.machine_id}`);
    const held = page.locator('.held');
    await held.getByText(/Nights/).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await held.getByRole('link').click();
    await page.waitForURL(new RegExp(`/runs/${job.id}$`));
    await page
      .getByText(/waits for the window Nights/i)
      .first()
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('fits a phone, in the dark and in French', async () => {
    await api.put('/me/preferences/language', { value: 'fr' });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of ['/activity', `/machines/${job.machine_id}`, `/runs/${job.id}`]) {
      await page.goto(`${api.origin}${path}`);
      await page
        .getByText(/Nights/)
        .first()
        .waitFor();
      expect(await sidewaysElements(page)).toEqual([]);
      expect(await axeViolations(page)).toEqual([]);
    }
  });
});

const SCHEDULE = {
  name: 'Nightly',
  cron: '30 2 * * *',
  timezone: 'Europe/Paris',
  enabled: false,
  scope: { wholeFleet: true },
  acknowledged: ['all_machines'],
  actions: [{ action: 'apt_update_analyze' }],
};

const DEFINITION = {
  schema_version: 1,
  version: 1,
  name: 'Nightly',
  scope: {
    whole_fleet: true,
    machine_ids: [],
    tag_ids: [],
    conditions: { security_updates: false, updates: false, reboot_required: false, not_analysed_days: null },
  },
  actions: [{ action: 'apt_upgrade', parameters: {} }],
  concurrency: 1,
  policy: null,
  missed_runs: 'skip',
  grace_seconds: 300,
  window_seconds: null,
};

const MACHINES = `
  INSERT INTO machines (id, name, hostname, port, os_family, username, status, created_at, updated_at)
  SELECT gen_random_uuid(), 'web-' || i, 'web-' || i || '.example', 22, 'debian', 'admin', 'active', now(), now()
  FROM generate_series(1, $1::int) i`;

const JOBS = `
  INSERT INTO jobs (id, kind, machine_id, status, phase, created_at, available_at, start_before, window_name, timeout_seconds,
    requested_by_type, requested_by_name, payload_json)
  SELECT gen_random_uuid(), 'apt_upgrade', id, 'queued', 'waiting', now() + split_part(name, '-', 2)::int * interval '1 millisecond',
    now() + interval '5 hours', now() + interval '8 hours', 'Nights', 600, 'user', 'Anna', '{"schema_version": 1}'
  FROM machines`;

const LAST_JOB = `
  SELECT j.id, j.machine_id FROM jobs j JOIN machines m ON m.id = j.machine_id WHERE m.name = 'web-500'`;

const RUN = `
  INSERT INTO schedule_occurrences (id, schedule_id, due_at, trigger, status, definition_json, machines_count, created_at, started_at)
  VALUES (gen_random_uuid(), $1, now(), 'schedule', 'running', $2, 60, now(), now()) RETURNING id`;

/** The first is at work, its job waits; the second waits for its window; the others for a place. */
const TARGETS = `
  INSERT INTO schedule_occurrence_targets (occurrence_id, machine_id, status, stage, job_id, resume_at, start_before, window_name)
  SELECT $1, m.id, CASE number WHEN 1 THEN 'running' ELSE 'queued' END, CASE number WHEN 1 THEN 'run' END,
    CASE number WHEN 1 THEN j.id END, CASE number WHEN 2 THEN now() + interval '5 hours' END,
    CASE number WHEN 2 THEN now() + interval '8 hours' END, CASE number WHEN 2 THEN 'Nights' END
  FROM (SELECT id, split_part(name, '-', 2)::int AS number FROM machines) m JOIN jobs j ON j.machine_id = m.id
  WHERE number <= $2::int`;
