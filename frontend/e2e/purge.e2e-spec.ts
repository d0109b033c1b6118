import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type Page } from 'playwright-core';
import { startProduct, type Product } from '../../backend/test/support/product';

/** A machine that nobody can reach is enough to be archived and purged. */
const machine = {
  name: 'old-nas',
  hostname: '192.0.2.17',
  port: 22,
  username: 'admin',
  credentials: { authMethod: 'password', password: 'a password of this test', sudoMode: 'none' },
};

describe('purging a machine on its page', () => {
  let product: Product;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    product = await startProduct();
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
    page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    await page.goto(product.setupLink);
    await page.fill('input[autocomplete=username]', 'ada');
    await page.fill('input[type=password]', machine.credentials.password);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/machines/);
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    await product.stop();
  });

  const post = (address: string, body: object): Promise<{ id?: string }> =>
    page.evaluate(
      async ([url, text]) => {
        const headers = { 'Content-Type': 'application/json', 'X-System-Update': '1' };
        const answer = await fetch(url, { method: 'POST', headers, body: text });
        return answer.status === 204 ? {} : ((await answer.json()) as { id?: string });
      },
      [address, JSON.stringify(body)] as const,
    );

  it('asks for the name, removes it, and says afterwards who did', async () => {
    const { id = '' } = await post('/api/machines', machine);
    await post(`/api/machines/${id}/archive`, {});
    await page.goto(`${product.origin}/machines/${id}/access`);
    const purge = page.getByRole('button', { name: 'Purge the machine for ever' });
    await purge.waitFor();
    expect((await new AxeBuilder({ page }).analyze()).violations.map((violation) => violation.id)).toEqual([]);
    expect(await purge.isDisabled()).toBe(true);
    await page.fill('#purgeName', 'old-na');
    expect(await purge.isDisabled()).toBe(true);
    await page.fill('#purgeName', machine.name);
    await purge.click();
    await page.waitForURL(/\/machines$/);

    await page.goto(`${product.origin}/machines/${id}`);
    await page.getByText('old-nas was purged by ada').waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  });
});
