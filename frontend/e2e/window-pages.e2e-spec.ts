import type { Page } from 'playwright-core';
import type { ApiClient } from '../../backend/test/support/api-client';
import { at } from '../../backend/test/support/at';
import { axeViolations, consoleErrors, sidewaysElements } from './support/browser';
import { PortalSession } from './support/portal-session';

interface Made {
  readonly id: string;
}

/** A single window that is over, and what pages say of it. No machine is reached. */
describe('a single window that is over', () => {
  let session: PortalSession;
  let api: ApiClient;
  let page: Page;
  let errors: readonly string[];
  let machineId: string;
  const row = (name: string) => page.locator('tbody tr', { hasText: name });

  beforeAll(async () => {
    session = await PortalSession.open();
    ({ api } = session);
    machineId = at(await session.dataSource.query<Made[]>(MACHINE), 0).id;
    await session.dataSource.query(STATE, [machineId]);
    const opensAt = new Date(Date.now() + 3_600_000).toISOString();
    await api.post('/maintenance-windows', { ...ONCE, opensAt });
    const context = await session.browserContext({ locale: 'en-GB' });
    page = await context.newPage();
    errors = consoleErrors(page);
  }, 120_000);
  afterAll(async () => {
    expect(errors).toEqual([]);
    await session.close();
  }, 60_000);

  it('is to come first: its machine says when changes begin', async () => {
    await page.goto(`${api.origin}/machines/${machineId}`);
    await page.getByText(/Changes begin in the window Move, which opens /).waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('binds nobody, and list, machine and form say so', async () => {
    await session.dataSource.query(`UPDATE maintenance_windows SET opens_at = now() - interval '5 hours'`);
    await page.goto(`${api.origin}/schedules/windows`);
    await row('Move').getByText('Over', { exact: true }).waitFor();
    await row('Move').getByText('Binds nobody any more').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Actions for Move' }).click();
    await page.getByRole('menuitem', { name: 'Change window' }).click();
    await page.getByText(/Once it has closed it binds nobody/).waitFor();
    await page.keyboard.press('Escape');
    await page.goto(`${api.origin}/machines/${machineId}`);
    await page
      .getByText('The single window Move is over and no other counts: changes may begin at any time.')
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await api.post('/maintenance-windows', { ...ONCE, name: 'Nights', cron: '0 2 * * *' });
    await page.reload();
    await page.getByText(/the window Nights/).waitFor();
    expect(await page.getByText('Move is over').count()).toBe(0);
  });

  it('fits a phone, in the dark and in French', async () => {
    await api.put('/me/preferences/language', { value: 'fr' });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of ['/schedules/windows', `/machines/${machineId}`]) {
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

const ONCE = {
  name: 'Move',
  enabled: true,
  scope: 'fleet',
  cron: '@once',
  timezone: 'Europe/Paris',
  durationMinutes: 120,
};

const MACHINE = `
  INSERT INTO machines (id, name, hostname, port, os_family, username, status, created_at, updated_at)
  VALUES (gen_random_uuid(), 'web-1', 'web-1.example', 22, 'debian', 'admin', 'active', now(), now()) RETURNING id`;

const STATE = `INSERT INTO machine_state (machine_id, status, updated_at) VALUES ($1, 'unknown', now())`;
