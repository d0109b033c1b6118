import type { Browser, Page } from 'playwright-core';
import type { DataSource } from 'typeorm';
import { ApiClient } from '../../backend/test/support/api-client';
import { goldenExample } from '../../backend/test/support/golden-examples';
import { insertRow } from '../../backend/test/support/insert-row';
import { createTestDatabase, type TestDatabase } from '../../backend/test/support/postgres';
import { startProduct, type Product } from '../../backend/test/support/product';
import { newId } from '../../backend/src/kernel/database/ids';
import { axeViolations, consoleErrors, startBrowser } from './support/browser';

/** As a newer version of the product would have left a document: another number, and a field that nobody here knows. */
const newer = (mark: string): string => JSON.stringify({ schema_version: 99, mark });

/** What was written by a newer program stays readable to people: every page says so, and shows it as it is stored. */
describe('documents of a newer version in the portal', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let product: Product;
  let browser: Browser;
  let page: Page;
  let errors: string[];
  const [machineId, jobId, requestId, userId] = [newId(), newId(), newId(), newId()];

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    product = await startProduct({ DATABASE_URL: database.url });
    const api = await ApiClient.administrator(product);
    await plant((await api.get<{ id: string }>('/me')).id);
    browser = await startBrowser();
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
    page = await context.newPage();
    errors = consoleErrors(page);
    await page.goto(product.origin);
    await page.fill('input[autocomplete=username]', 'ada');
    await page.fill('input[type=password]', ApiClient.PASSWORD);
    await page.keyboard.press('Enter');
    await page.locator('su-top-bar').waitFor();
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    expect(await product.stop()).toBe(0);
    await database.drop();
  });

  /** Past every service, which would refuse to write them. */
  async function plant(ada: string): Promise<void> {
    const now = new Date();
    const insert = (table: string, row: Record<string, unknown>): Promise<void> => insertRow(dataSource, table, row);
    const made = { created_at: now, updated_at: now };
    await insert('machines', {
      id: machineId,
      name: 'web-01',
      hostname: '192.0.2.1',
      os_family: 'debian',
      username: 'admin',
      status: 'active',
      ...made,
    });
    await insert('machine_state', { machine_id: machineId, status: 'ok', updated_at: now });
    await insert('machine_hardware', { machine_id: machineId, disks_json: newer('of disks'), updated_at: now });
    const event = { event_type: 'machine_edited', severity: 'info', created_at: now, actor_type: 'system' };
    await insert('machine_events', {
      id: newId(),
      machine_id: machineId,
      payload_json: newer('of an event'),
      ...event,
    });
    await insert('snapshots', {
      id: newId(),
      machine_id: machineId,
      kind: 'machine_probe',
      schema_version: 99,
      created_at: now,
      status: 'ok',
      payload_json: newer('of a reading'),
    });
    await insert('jobs', {
      id: jobId,
      kind: 'machine_probe',
      machine_id: machineId,
      status: 'ok',
      created_at: now,
      started_at: now,
      finished_at: now,
      steps_json: newer('of steps'),
    });
    await insert('action_requests', {
      id: requestId,
      machine_id: machineId,
      requested_by_type: 'user',
      requested_by_id: userId,
      requested_by_name: 'Grace',
      action: 'apt_upgrade',
      risk: 'low',
      status: 'pending',
      approval_json: newer('of rules'),
      created_at: now,
      expires_at: new Date(now.getTime() + 3_600_000),
    });
    const plan = { ...(goldenExample('action_plan', 2) as object), details: JSON.parse(newer('of a plan')) as object };
    await insert('action_request_targets', {
      request_id: requestId,
      machine_id: machineId,
      status: 'pending',
      plan_json: JSON.stringify(plan),
    });
    await insert('audit_log', {
      id: newId(),
      at: now,
      actor_type: 'system',
      action: 'user.invite',
      outcome: 'ok',
      details_json: newer('of the audit'),
    });
    await insert('app_settings', { key: 'appearance.zoom', value_json: newer('of a setting'), updated_at: now });
    const choice = { id: newId(), user_id: ada, updated_at: now };
    await insert('user_preferences', { key: 'density', value_json: newer('of a choice'), ...choice });
    await insert('cleanup_runs', {
      id: newId(),
      mode: 'apply',
      status: 'ok',
      started_at: now,
      finished_at: now,
      deleted_counts_json: newer('of a clean-up'),
    });
  }

  it.each([
    ['hardware', () => `/machines/${machineId}/hardware`, ['of disks']],
    ['time line', () => `/machines/${machineId}/timeline`, ['of an event']],
    ['raw readings', () => `/machines/${machineId}/raw`, ['of a reading']],
    ['run', () => `/runs/${jobId}`, ['of steps']],
    ['plan', () => `/requests/${requestId}`, ['of rules', 'of a plan']],
    ['audit', () => '/audit', ['of the audit']],
    ['settings', () => '/settings', ['of a setting', 'of a clean-up']],
    ['own choices', () => '/me', ['of a choice']],
  ])('%s: says that it cannot read it, and shows it as it stands', async (name, address, marks) => {
    await page.goto(`${product.origin}${address()}`);
    for (const mark of marks) {
      await page
        .getByText(/newer version of this program|does not fit any more/)
        .first()
        .waitFor();
      // Folded where it is long.
      const folded = page.locator('su-unreadable-notes details:not([open]) > summary');
      while ((await folded.count()) > 0) await folded.first().click();
      await page.getByText(mark).first().waitFor();
    }
    expect(await axeViolations(page)).toEqual([]);
    const folder = process.env['E2E_SHOTS'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/newer-${name.replace(/ /g, '-')}.png` });
  });

  it('logged no error', () => {
    expect(errors).toEqual([]);
  });
});
