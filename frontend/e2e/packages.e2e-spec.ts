import type { Browser, Page } from 'playwright-core';
import { ApiClient } from '../../backend/test/support/api-client';
import { at } from '../../backend/test/support/at';
import { MachineJobs } from '../../backend/test/support/machine-jobs';
import { startProduct, type Product } from '../../backend/test/support/product';
import { fleet, realMachines } from '../../backend/test/support/real-machines';
import { axeViolations, consoleErrors, startBrowser } from './support/browser';

describe('when a package changed, in the browser', () => {
  let product: Product;
  let browser: Browser;
  let page: Page;
  let errors: string[];
  const machine = at(realMachines(), 0);

  beforeAll(async () => {
    fleet('reset', machine.name);
    fleet('scenario', machine.name, 'plain');
    fleet('exec', machine.name, 'apt-get', '-q', 'update');
    fleet('exec', machine.name, 'sudo', '-u', 'ops', 'sudo', 'apt-get', '-q', '-y', 'upgrade');
    product = await startProduct();
    const api = await ApiClient.administrator(product);
    const jobs = new MachineJobs(api);
    await jobs.ended(await jobs.analyse(await api.enrol(machine)));
    browser = await startBrowser();
    const [cookie = '', value = ''] = api.cookie.split('=');
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
    await context.addCookies([{ name: cookie, value, url: product.origin }]);
    page = await context.newPage();
    errors = consoleErrors(page);
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    fleet('reset', machine.name);
    expect(await product.stop()).toBe(0);
  }, 120_000);

  const shot = async (name: string): Promise<void> => {
    const folder = process.env['E2E_SHOTS'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
  };

  it('is asked by its name, and says who changed it and how', async () => {
    await page.goto(`${product.origin}/machines`);
    await page.getByRole('link', { name: 'Packages' }).click();
    await page.getByText('Which package?').waitFor();
    await page.getByLabel('Exact name of a package').fill('fleet-plain');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/packages\/fleet-plain$/);
    const row = page.locator('tbody tr');
    await row.first().waitFor();
    expect(await row.count()).toBe(1);
    const text = (await row.innerText()).replaceAll(/\s+/g, ' ');
    for (const words of [
      machine.name,
      'Upgraded',
      '1.0',
      '1.1',
      'ops',
      'outside this program',
      'apt-get -q -y upgrade',
    ]) {
      expect(text).toContain(words);
    }
    expect(await axeViolations(page)).toEqual([]);
    await shot('package');
  });

  it('leads to the time line of the machine, where it stands at its moment', async () => {
    await page.getByRole('link', { name: machine.name }).click();
    await page.waitForURL(/\/timeline$/);
    await page.getByText(/Changed outside this program by ops: .*fleet-plain 1\.0 → 1\.1/).waitFor();
    await page.goto(`${product.origin}/packages/no-such-package`);
    await page.getByText('No change of no-such-package is known.').waitFor();
    expect(errors).toEqual([]);
  });
});
