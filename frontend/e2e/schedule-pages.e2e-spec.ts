import type { Page } from 'playwright-core';
import type { ApiClient } from '../../backend/test/support/api-client';
import { at } from '../../backend/test/support/at';
import { axeViolations, consoleErrors, sidewaysElements } from './support/browser';
import { PortalSession } from './support/portal-session';

interface Made {
  readonly id: string;
}

const LONG = 'Nightly security updates of everything in Paris';
const POLICY = {
  archives: 'security',
  removals: false,
  newPackages: false,
  origins: ['Docker CE:12'],
  accepted: ['guests'],
};

/** Pages of schedules with much on them, in a browser on another continent. No machine is reached. */
describe('the pages of schedules', () => {
  let session: PortalSession;
  let api: ApiClient;
  let page: Page;
  let errors: readonly string[];
  let nightly: string;
  let minutely: string;
  const machineIds: string[] = [];
  const make = async (body: object): Promise<string> => {
    const timing = { cron: '30 2 * * *', timezone: 'Europe/Paris', acknowledged: ['all_machines'] };
    return (await api.post<Made>('/schedules', { ...timing, ...body })).id;
  };
  const open = async (path: string): Promise<void> => {
    await page.goto(`${api.origin}${path}`);
    await page.locator('h1').first().waitFor();
    await page.waitForFunction(() => document.querySelector('su-loading-note') === null);
  };

  beforeAll(async () => {
    session = await PortalSession.open();
    ({ api } = session);
    for (const name of ['web-1', 'web-2', 'web-3']) {
      machineIds.push(await addMachine(session, name));
    }
    const [tag] = await session.dataSource.query<Made[]>(TAG);
    const actions = [
      { action: 'apt_upgrade', parameters: { mode: 'upgrade', scope: 'security' } },
      { action: 'reboot', parameters: { only_if_needed: true } },
    ];
    const scope = { tagIds: [tag?.id], machineIds: [machineIds[0]] };
    nightly = await make({ name: LONG, scope, actions, policy: POLICY, notifyOn: ['error', 'cancelled'] });
    const reading = { scope: { wholeFleet: true }, actions: [{ action: 'apt_update_analyze' }] };
    minutely = await make({ name: 'Each minute', cron: '* * * * *', timezone: 'UTC', ...reading });
    for (const hour of [1, 3, 5, 6, 7, 8]) {
      await make({ name: `At ${String(hour)}`, cron: `0 ${String(hour)} * * *`, ...reading });
    }
    await session.dataSource.query(REQUEST, [machineIds[0], nightly, LONG]);
    const context = await session.browserContext({ locale: 'en-GB', timezoneId: 'America/New_York' });
    page = await context.newPage();
    errors = consoleErrors(page);
  }, 120_000);
  afterAll(async () => {
    expect(errors).toEqual([]);
    await session.close();
  }, 60_000);

  it('say what a schedule does and may do, on what, and when there and here', async () => {
    await open(`/schedules/${nightly}`);
    const facts = page.locator('.facts');
    await facts.getByText(/Update \(Upgrade only, Security updates only\), then .*\(only if needed\)/).waitFor();
    await facts.getByText('tag databases, web-1').waitFor();
    await facts.getByText(/only from Docker CE:12.*accepts: guests of the machine stop with it/).waitFor();
    await facts.getByText('runs that failed and runs that did not begin').waitFor();
    await facts
      .getByText(/02:30 Europe\/Paris \(.*(20|21):30 here\)/)
      .first()
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('change all of a policy, and what actions are told', async () => {
    await open(`/schedules/${nightly}/edit`);
    expect(await page.locator('#policy-origins').inputValue()).toBe('Docker CE:12');
    await page.fill('#policy-packages', 'openssl linux-*');
    await page.getByLabel('molly-guard protects the machine').check();
    await page.getByLabel('Which updates').selectOption('all');
    await page.locator('#schedule-grace').selectOption({ label: '15 min' });
    await page.getByLabel('plans that wait for a person').check();
    await page
      .getByText(/02:30 Europe\/Paris/)
      .first()
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Save schedule' }).click();
    await page.waitForURL(/\/schedules\/[0-9a-f-]+$/);
    expect(await api.get(`/schedules/${nightly}`)).toMatchObject({
      policy: { origins: ['Docker CE:12'], packages: ['openssl', 'linux-*'], accepted: ['guests', 'molly_guard'] },
      actions: [{ parameters: { scope: 'all', mode: 'upgrade' } }, { parameters: { only_if_needed: true } }],
      graceSeconds: 900,
      notifyOn: ['error', 'cancelled', 'approval_needed'],
    });
  });

  it('ask before a schedule is turned off, and say what becomes of its runs', async () => {
    const consequence = /What it has begun goes on, what it has not begun is cancelled/;
    await open('/schedules');
    const turnOff = page.getByRole('button', { name: 'Turn At 8 off' });
    await turnOff.click();
    await page.getByText(consequence).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText(consequence).waitFor({ state: 'detached' });
    await open(`/schedules/${nightly}`);
    await page.getByRole('button', { name: 'Turn off' }).click();
    await page.getByText(consequence).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: `Turn ${LONG} off` }).click();
    await page.getByRole('button', { name: 'Turn on' }).click();
    await page.getByRole('button', { name: 'Turn off' }).waitFor();
    expect(await api.get(`/schedules/${nightly}`)).toMatchObject({ enabled: true });
  });

  it('say that a policy counts no more once whoever confirmed it may not confirm changes', async () => {
    await session.dataSource.query('UPDATE schedules SET policy_confirmed_by_id = NULL WHERE id = $1', [nightly]);
    await open(`/schedules/${nightly}`);
    await page.getByText(/It is not known who allowed it; saving the schedule again confirms/).waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('say how long the change of a machine should take in a run, and by what', async () => {
    const [run] = await session.dataSource.query<Made[]>(RUN, [nightly]);
    await session.dataSource.query(TARGET, [run?.id, machineIds[0]]);
    await open(`/schedules/runs/${run?.id ?? ''}`);
    await page.getByText('It should take 12 min, as it did here before.').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('open a day of the calendar that has more than it shows, and leave none free that is not', async () => {
    await open('/schedules/calendar');
    const days = page.locator('.day', { hasText: 'often Each minute' });
    await days.first().waitFor();
    const last = days.last();
    expect(await last.locator('li').count()).toBe(5);
    await last.getByRole('button', { name: /^Show \d more of/ }).click();
    await last.locator('li').nth(6).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await last.getByRole('button', { name: /^Show less/ }).click();
    await last.locator('li').nth(5).waitFor({ state: 'detached' });
  });

  it('say what cannot be read, and go on', async () => {
    await session.dataSource.query(UNREADABLE, [minutely]);
    await open('/schedules');
    const row = page.locator('tbody tr', { hasText: 'Each minute' });
    await row.getByText('Cannot be read by this version').first().waitFor();
    await row.getByText('Its times cannot be read').waitFor();
    await open(`/schedules/${minutely}`);
    await page.getByText('it is not due until it has others').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('fit a desk and a phone, light and dark, in French too', async () => {
    await api.put('/me/preferences/language', { value: 'fr' });
    const paths = [
      '/schedules',
      `/schedules/${nightly}`,
      `/schedules/${nightly}/edit`,
      '/schedules/calendar',
      '/requests',
      '/activity',
    ];
    for (const [colorScheme, width] of [
      ['light', 1440],
      ['dark', 390],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      for (const path of paths) {
        await open(path);
        expect([path, width, await sidewaysElements(page), await cut(page)]).toEqual([path, width, [], []]);
        expect(await axeViolations(page)).toEqual([]);
      }
    }
  });

  it('say of a month with nothing what will stand there', async () => {
    const schedules = await api.get<{ items: { id: string; version: number }[] }>('/schedules');
    for (const { id, version } of schedules.items) {
      await api.send('DELETE', `/schedules/${id}?version=${String(version)}`);
    }
    await session.dataSource.query('DELETE FROM schedule_occurrences');
    await api.put('/me/preferences/language', { value: 'en' });
    await open('/schedules/calendar');
    await page.getByText('Nothing was due this month, and nothing will be').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });
});

/** What sticks out of its table, its card or its button. */
function cut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide = [...document.querySelectorAll<HTMLElement>('.table-frame, .seg, article.card, .seg label')];
    return wide
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1)
      .map(({ className, textContent }) => `${className}: ${textContent.trim().slice(0, 80)}`);
  });
}

async function addMachine({ dataSource }: PortalSession, name: string): Promise<string> {
  const { id } = at(await dataSource.query<Made[]>(MACHINE, [name]), 0);
  await dataSource.query(`INSERT INTO machine_state (machine_id, status, updated_at) VALUES ($1, 'unknown', now())`, [
    id,
  ]);
  return id;
}

const MACHINE = `
  INSERT INTO machines (id, name, hostname, port, os_family, username, status, created_at, updated_at)
  VALUES (gen_random_uuid(), $1::text, $1::text || '.example', 22, 'debian', 'admin', 'active', now(), now()) RETURNING id`;

const TAG = `INSERT INTO tags (id, name, created_at) VALUES (gen_random_uuid(), 'databases', now()) RETURNING id`;

const REQUEST = `
  WITH request AS (
    INSERT INTO action_requests (id, machine_id, requested_by_type, requested_by_id, requested_by_name, action, risk, status,
      summary, payload_json, plan_digest, created_at, expires_at)
    VALUES (gen_random_uuid(), $1, 'schedule', $2, $3, 'apt_upgrade', 'high', 'pending', 'Upgrades 12 packages.',
      '{"schema_version": 1, "parameters": {}}', repeat('a', 64), now(), now() + interval '50 minutes') RETURNING id)
  INSERT INTO action_request_targets (request_id, machine_id, status, plan_digest, plan_json)
  SELECT id, $1, 'pending', repeat('a', 64), '{"schema_version": 1}' FROM request`;

const RUN = `
  INSERT INTO schedule_occurrences (id, schedule_id, due_at, trigger, status, machines_count, created_at, started_at)
  VALUES (gen_random_uuid(), $1, now(), 'schedule', 'running', 1, now(), now()) RETURNING id`;

const TARGET = `
  INSERT INTO schedule_occurrence_targets (occurrence_id, machine_id, status, resume_at, start_before, window_name, estimate_seconds,
    estimate_basis)
  VALUES ($1, $2, 'queued', now() + interval '3 hours', now() + interval '4 hours', 'Nights', 720, 'machine')`;

const UNREADABLE = `
  UPDATE schedules SET timezone = 'Mars/Phobos', actions_json = '{"schema_version": 99}' WHERE id = $1`;
