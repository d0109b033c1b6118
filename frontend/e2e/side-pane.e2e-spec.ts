import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { ApiClient } from '../../backend/test/support/api-client';
import { at } from '../../backend/test/support/at';
import { eventually } from '../../backend/test/support/eventually';
import { Installation, type ProductProcess } from '../../backend/test/support/installation';
import { MachineJobs } from '../../backend/test/support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../../backend/test/support/postgres';
import { fleet, realMachines, type RealMachine } from '../../backend/test/support/real-machines';
import { axeViolations, consoleErrors, startBrowser } from './support/browser';

const portal = path.resolve(__dirname, '..', '..', 'dist', 'frontend', 'browser');
const DESKTOP = { width: 1440, height: 900 };

describe('the pane beside the page', () => {
  let database: TestDatabase;
  let installation: Installation;
  let server: ProductProcess;
  let api: ApiClient;
  let jobs: MachineJobs;
  let browser: Browser;
  let page: Page;
  let machine: RealMachine;
  let id: string;
  const errors: string[][] = [];

  const pane = (of = page) => of.getByRole('complementary', { name: 'Side pane' });
  const edge = (of = page) => of.getByRole('separator', { name: 'Width of the side pane' });
  const tile = () => page.locator('[data-tile]', { hasText: machine.name });
  const widthOf = async (of: Page): Promise<number> => (await pane(of).boundingBox())?.width ?? 0;
  const becomes = (width: number, of = page): Promise<number> =>
    eventually(
      () => widthOf(of),
      (now) => now === width,
    );
  const preferences = async (): Promise<Record<string, unknown>> =>
    (await api.get<{ values: Record<string, unknown> }>('/me/preferences')).values;

  /** A browser that knows nothing but who signed in. */
  async function freshBrowser(): Promise<Page> {
    const context: BrowserContext = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB' });
    context.setDefaultTimeout(60_000);
    const [name = '', value = ''] = api.cookie.split('=');
    await context.addCookies([{ name, value, url: server.origin }]);
    const fresh = await context.newPage();
    errors.push(consoleErrors(fresh));
    await fresh.goto(`${server.origin}/machines`);
    await fresh.locator('[data-tile]').first().waitFor();
    return fresh;
  }

  beforeAll(async () => {
    machine = at(realMachines(), 0);
    fleet('reset', machine.name);
    fleet('scenario', machine.name, 'plain', 'security');
    database = await createTestDatabase();
    installation = new Installation(database.url, { PORTAL_DIR: portal });
    server = await installation.start('all');
    api = await installation.administrator(server);
    jobs = new MachineJobs(api);
    id = await api.enrol(machine);
    expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'ok' });
    browser = await startBrowser();
    page = await freshBrowser();
  }, 300_000);
  afterAll(async () => {
    fleet('reset', machine.name);
    await browser.close();
    await installation.stop();
    await database.drop();
  }, 120_000);

  it('opens by its key and says what to do while nothing is chosen', async () => {
    expect(await pane().count()).toBe(0);
    await page.keyboard.press('T');
    await pane().getByText('No machine is chosen.').waitFor();
    expect(await page.getByRole('button', { name: 'Side pane', exact: true }).getAttribute('aria-expanded')).toBe(
      'true',
    );
    // Beside the page, not over it.
    const main = await page.locator('main').boundingBox();
    const aside = await pane().boundingBox();
    expect((main?.x ?? 0) + (main?.width ?? 0)).toBeLessThanOrEqual(aside?.x ?? 0);
    expect(await axeViolations(page)).toEqual([]);
  });

  it('shows the machine that has the focus on the list, and where it leads', async () => {
    await tile().focus();
    await pane().getByRole('heading', { name: machine.name }).waitFor();
    const shown = await pane().innerText();
    expect(shown).toMatch(/Security\n1\n/);
    expect(shown).toMatch(/Last run\n+\s*Analyse/);
    expect(await pane().getByRole('link', { name: 'Plan update' }).getAttribute('href')).toBe(
      `/machines/${id}/updates`,
    );
    expect(await axeViolations(page)).toEqual([]);
  });

  it('follows what runs there, with its log', async () => {
    fleet('scenario', machine.name, 'plain', 'repo-slow');
    await pane().getByRole('button', { name: 'Analyse' }).click();
    await pane().getByRole('heading', { name: 'Log of the run' }).waitFor();
    await pane().locator('pre', { hasText: /\S/ }).waitFor();
    expect(await pane().getByRole('link', { name: 'Watch the run' }).getAttribute('href')).toMatch(/^\/runs\//);
    expect(await axeViolations(page)).toEqual([]);
    const { runningJob } = await api.get<{ runningJob: { id: string } | null }>(`/machines/${id}`);
    await api.post(`/jobs/${runningJob?.id ?? ''}/cancel`);
    await pane().getByRole('heading', { name: 'Log of the run' }).waitFor({ state: 'detached' });
    await pane().getByText('Cancelled').waitFor();
  }, 120_000);

  it('is as wide as its edge was moved to by the arrow keys, within its limits', async () => {
    await becomes(440);
    await edge().focus();
    await page.keyboard.press('ArrowLeft');
    await becomes(456);
    await page.keyboard.press('Shift+ArrowRight');
    await becomes(392);
    await page.keyboard.press('Home');
    await becomes(320);
    await page.keyboard.press('ArrowRight');
    expect(await edge().getAttribute('aria-valuenow')).toBe('320');
    await page.keyboard.press('End');
    await becomes(720);
    const aria = ['valuemin', 'valuemax', 'valuenow', 'orientation', 'controls'];
    expect(await Promise.all(aria.map((name) => edge().getAttribute(`aria-${name}`)))).toEqual([
      '320',
      '720',
      '720',
      'vertical',
      'side-pane',
    ]);
    expect(await axeViolations(page)).toEqual([]);
  });

  it('is as wide as its edge was dragged to, after a reload and in another browser', async () => {
    const before = (await edge().boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const y = before.y + before.height / 2;
    await page.mouse.move(before.x + 5, y);
    await page.mouse.down();
    await page.mouse.move(before.x + 105, y, { steps: 4 });
    await becomes(620);
    expect((await preferences())['pane_width']).toBe(720);
    await page.mouse.move(before.x + 205, y, { steps: 4 });
    await page.mouse.up();
    await becomes(520);
    await eventually(preferences, ({ pane_width: width, pane_open: open }) => width === 520 && open === true);
    await page.reload();
    await becomes(520);
    const other = await freshBrowser();
    await becomes(520, other);
    // And what is chosen there reaches the first.
    await edge(other).focus();
    await other.keyboard.press('ArrowRight');
    await becomes(504);
    await other.context().close();
  });

  it('stands over the page where there is no room beside it, and not at all on a phone', async () => {
    const beside = (await page.locator('main').boundingBox())?.width ?? 0;
    await page.setViewportSize({ width: 1000, height: 800 });
    const main = (await page.locator('main').boundingBox()) ?? { x: 0, width: 0 };
    const aside = (await pane().boundingBox()) ?? { x: 0, width: 0 };
    expect(aside.x).toBeLessThan(main.x + main.width);
    expect(aside.x + aside.width).toBe(1000);
    expect(main.width).toBeGreaterThan(beside * 0.9);
    expect(await axeViolations(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await eventually(
      () => pane().count(),
      (count) => count === 0,
    );
    expect(await page.getByRole('button', { name: 'Side pane', exact: true }).isVisible()).toBe(false);
    await page.setViewportSize(DESKTOP);
    await becomes(504);
  });

  it('speaks French, in the dark', async () => {
    await api.put('/me/preferences/language', { value: 'fr' });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('html[lang=fr]').waitFor();
    await tile().focus();
    const french = page.getByRole('complementary', { name: 'Volet latéral' });
    await french.getByText('Dernière exécution').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await api.put('/me/preferences/language', { value: 'en' });
    await page.locator('html[lang=en]').waitFor();
  });

  it('closes by Escape, gives the focus back, and stays closed', async () => {
    await page.keyboard.press('T');
    await pane().waitFor({ state: 'detached' });
    await tile().focus();
    await page.keyboard.press('T');
    await pane().getByRole('heading', { name: machine.name }).waitFor();
    await edge().focus();
    await page.keyboard.press('Escape');
    await pane().waitFor({ state: 'detached' });
    expect(await tile().evaluate((link) => link === document.activeElement)).toBe(true);
    await eventually(preferences, ({ pane_open: open }) => open === false);
    await page.reload();
    await tile().waitFor();
    expect(await pane().count()).toBe(0);
    expect(errors.flat()).toEqual([]);
  });
});
