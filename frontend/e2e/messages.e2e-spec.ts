import type { Browser, Page } from 'playwright-core';
import { ApiClient } from '../../backend/test/support/api-client';
import { eventually } from '../../backend/test/support/eventually';
import { MachineJobs } from '../../backend/test/support/machine-jobs';
import { startProduct, type Product } from '../../backend/test/support/product';
import { fleet, realMachines } from '../../backend/test/support/real-machines';
import { axeViolations, consoleErrors, startBrowser } from './support/browser';

const TWICE = /configured multiple times|configured twice|more than once/i;

describe('what machines said, in the browser', () => {
  let product: Product;
  let api: ApiClient;
  let browser: Browser;
  let page: Page;
  let errors: string[];
  const machines = realMachines().slice(0, 2);
  const ids: string[] = [];

  beforeAll(async () => {
    for (const { name } of machines) fleet('scenario', name, 'repo-duplicate');
    product = await startProduct();
    api = await ApiClient.administrator(product);
    const jobs = new MachineJobs(api);
    for (const machine of machines) {
      const id = await api.enrol(machine);
      ids.push(id);
      await jobs.ended(await jobs.analyse(id));
    }
    browser = await startBrowser();
    const [cookie = '', value = ''] = api.cookie.split('=');
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
    await context.addCookies([{ name: cookie, value, url: product.origin }]);
    page = await context.newPage();
    errors = consoleErrors(page);
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    for (const { name } of machines) fleet('scenario', name, 'clean');
    expect(await product.stop()).toBe(0);
  }, 120_000);

  const group = () => page.locator('su-message-group').filter({ hasText: TWICE });
  const open = async (): Promise<(number | null)[]> =>
    Promise.all(
      ids.map(async (id) => (await api.get<{ openMessagesCount: number | null }>(`/machines/${id}`)).openMessagesCount),
    );
  const shot = async (name: string): Promise<void> => {
    const folder = process.env['E2E_SHOTS'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
  };

  it('shows once what two machines say, and which', async () => {
    await page.goto(`${product.origin}/machines`);
    await page.getByRole('link', { name: 'Messages' }).click();
    await group().waitFor();
    expect(await group().count()).toBe(1);
    await group().getByRole('button', { name: 'on 2 machines' }).click();
    for (const { name } of machines) await group().getByRole('link', { name }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await shot('messages');
  });

  it('finds it by its words, by the keyboard; what does not fit says so', async () => {
    await page.locator('h1').click();
    await page.keyboard.press('/');
    await page.keyboard.type('configured');
    await page.waitForURL(/text=configured/);
    await group().waitFor();
    await page.keyboard.type(' by nobody');
    await page.getByText('No message fits.').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await group().waitFor();
    await page.getByLabel('Severity').selectOption('error');
    await page.waitForURL(/severity=error/);
    await group().waitFor({ state: 'detached' });
    await page.getByLabel('Severity').selectOption('');
    await group().waitFor();
  });

  it('is acknowledged on both machines at once, and that is taken back', async () => {
    const before = await open();
    await group().getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('Acknowledged on 2 machines.').waitFor();
    await group().waitFor({ state: 'detached' });
    expect(await open()).toEqual(before.map((n) => (n ?? 0) - 1));
    await page.getByRole('button', { name: 'Open again' }).click();
    await group().waitFor();
    expect(await open()).toEqual(before);

    await group().getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('Acknowledged on 2 machines.').waitFor();
    await page.getByRole('button', { name: 'Acknowledged', exact: true }).click();
    await group().waitFor();
    await group().getByRole('button', { name: 'on 2 machines' }).click();
    await group()
      .getByText(/acknowledged by/)
      .first()
      .waitFor();
    const audit = await api.get<{ items: { action: string }[] }>('/audit?action=message.acknowledged');
    expect(audit.items).toHaveLength(2);
  });

  it('reads in French, on a phone, in the dark', async () => {
    await page
      .getByRole('button', { name: /language/i })
      .first()
      .click();
    await page.waitForSelector('html[lang=fr]');
    await page.getByRole('button', { name: 'sur 2 machines' }).waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await eventually(
      () => page.evaluate(() => document.documentElement.dataset['theme']),
      (theme) => theme === 'dark',
    );
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
    expect(await axeViolations(page)).toEqual([]);
    await shot('messages-phone');
  });

  it('logged no error', () => {
    expect(errors).toEqual([]);
  });
});
