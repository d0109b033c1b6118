import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { DataSource } from 'typeorm';
import { at } from '../../backend/test/support/at';
import type { ApiClient } from '../../backend/test/support/api-client';
import { Installation } from '../../backend/test/support/installation';
import { MachineJobs } from '../../backend/test/support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../../backend/test/support/postgres';
import { fleet, realMachines } from '../../backend/test/support/real-machines';

const portal = path.resolve(__dirname, '..', '..', 'dist', 'frontend', 'browser');

describe('the age of the package lists in an open portal', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let installation: Installation;
  let api: ApiClient;
  let jobs: MachineJobs;
  let browser: Browser;
  let page: Page;
  let id: string;
  let name: string;

  /** Nothing runs and nothing is written but time itself; nor is the machine among those that changed lately. */
  const passes = (time: string): Promise<unknown> =>
    dataSource.query(
      `UPDATE machine_state SET apt_index_refreshed_at = apt_index_refreshed_at - $1::interval,
              apt_last_analyze_at = apt_last_analyze_at - $1::interval, updated_at = updated_at - $1::interval`,
      [time],
    );
  const tile = () => page.locator('su-tile', { hasText: name });

  beforeAll(async () => {
    const machine = at(realMachines(), 0);
    name = machine.name;
    // Up to date, and able to tell that it needs no reboot.
    fleet('scenario', name, 'clean');
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    installation = new Installation(database.url, { PORTAL_DIR: portal });
    const server = await installation.start('all');
    api = await installation.administrator(server);
    jobs = new MachineJobs(api);
    id = await api.enrol(machine);
    expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'ok' });
    const [cookie = '', value = ''] = api.cookie.split('=');
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 } });
    context.setDefaultTimeout(60_000);
    await context.addCookies([{ name: cookie, value, url: server.origin }]);
    page = await context.newPage();
    await page.goto(`${server.origin}/machines`);
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    await installation.stop();
    await database.drop();
  }, 120_000);

  it('grows on the tile, and turns a clean machine stale without a reload', async () => {
    await tile().waitFor();
    await page.locator('su-tile.is-clean', { hasText: name }).waitFor();
    await passes('7 days 30 seconds');
    await page.locator('su-tile.is-stale', { hasText: name }).waitFor({ timeout: 90_000 });
    expect(await tile().innerText()).toMatch(/Package lists 7\sd old/);
    expect(await tile().locator('a[data-tile]').getAttribute('aria-label')).toContain('Stale');
  }, 150_000);

  it('is found by the filter of what is stale, and not by that of what is clean', async () => {
    await page.goto(`${api.origin}/machines?state=stale`);
    await tile().waitFor();
    await page.goto(`${api.origin}/machines?state=clean`);
    await page
      .getByText(/no machine/i)
      .first()
      .waitFor();
    expect(await tile().count()).toBe(0);
  });

  it('stands on the page of the machine, and goes with the next good refresh', async () => {
    await page.goto(`${api.origin}/machines/${id}/updates`);
    await page.locator('su-facts', { hasText: /7\sd old/ }).waitFor();
    expect(await page.locator('su-facts .fg-stale').allInnerTexts()).toEqual([expect.stringMatching(/7\sd old/)]);
    expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'ok' });
    await page.locator('su-facts', { hasText: /\d+\ss old/ }).waitFor();
    expect(await page.locator('su-facts .fg-stale').count()).toBe(0);
    expect(await jobs.tile(id)).toMatchObject({ need: 'clean', apt: { stale: false } });
  });
});
