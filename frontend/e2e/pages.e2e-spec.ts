import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startProduct, type Product } from '../../backend/test/support/product';
import { axeViolations, consoleErrors, startBrowser } from './support/browser';

const PASSWORD = 'a password of this test';

/** Nobody answers at these addresses (RFC 5737): the pages have to stand on what is known without an answer. */
const machine = (name: string, machineKind: string, tagIds: string[]) => ({
  name,
  hostname: `192.0.2.${String(name.length + Number(/\d+$/.exec(name)?.[0] ?? 0))}`,
  port: 22,
  username: 'admin',
  machineKind,
  tagIds,
  credentials: { authMethod: 'password', password: PASSWORD, sudoMode: 'none' },
});

describe('every page', () => {
  let product: Product;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let errors: string[];
  let id = '';

  beforeAll(async () => {
    product = await startProduct();
    browser = await startBrowser();
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
    page = await context.newPage();
    errors = consoleErrors(page);
    await page.goto(product.setupLink);
    await page.fill('input[autocomplete=username]', 'ada');
    await page.fill('input[type=password]', PASSWORD);
    await page.getByRole('button', { name: 'Create and sign in' }).click();
    await page.waitForURL(/\/machines/);
    const prod = await post<{ id: string }>('/api/tags', { name: 'prod', color: 'rose' });
    const edge = await post<{ id: string }>('/api/tags', { name: 'edge' });
    await post('/api/machines', machine('a-machine-with-quite-a-long-name-01', 'vm', [prod.id, edge.id]));
    await post('/api/machines', machine('container-02', 'lxc', [prod.id]));
    ({ id } = await post<{ id: string }>('/api/machines', machine('nas-03', 'physical', [])));
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    expect(await product.stop()).toBe(0);
  });

  const post = <T>(address: string, body: object): Promise<T> =>
    page.evaluate(
      async ([url, text]) => {
        const headers = { 'Content-Type': 'application/json', 'X-System-Update': '1' };
        return (await fetch(url, { method: 'POST', headers, body: text })).json() as Promise<T>;
      },
      [address, JSON.stringify(body)] as const,
    );
  const prefer = (key: string, value: string): Promise<void> =>
    page.evaluate(
      async ([name, text]) => {
        const headers = { 'Content-Type': 'application/json', 'X-System-Update': '1' };
        await fetch(`/api/me/preferences/${name}`, { method: 'PUT', headers, body: JSON.stringify({ value: text }) });
      },
      [key, value] as const,
    );
  const open = async (address: string): Promise<void> => {
    await page.goto(`${product.origin}${address}`);
    await page.locator('h1').first().waitFor();
    // Nothing is read any more: what a loading note says is not what is judged here.
    await page.waitForFunction(() => document.querySelector('su-loading-note') === null);
  };
  /** Pixels that the page or its main part is wider than its frame. */
  const sideways = (): Promise<number> =>
    page.evaluate(() => {
      const wide = [document.documentElement, document.querySelector('main')];
      return Math.max(...wide.map((one) => (one === null ? 0 : one.scrollWidth - one.clientWidth)));
    });

  /** What the page, or the dialog over it, offers as what is done next. */
  const primaries = (): Promise<string[]> =>
    page.evaluate(() => {
      const screen = document.querySelector('[role=dialog]') ?? document;
      return [...screen.querySelectorAll<HTMLElement>('.btn.primary')]
        .filter((button) => button.checkVisibility())
        .map((button) => button.innerText);
    });

  const addresses = (): string[] => [
    '/machines',
    '/machines?view=compact',
    '/machines?view=table',
    '/machines?group=tag',
    '/machines?group=kind&view=compact',
    '/machines?q=nothing-is-called-so',
    '/machines/new',
    '/machines/tags',
    ...['updates', 'runs', 'timeline', 'hardware', 'messages', 'access', 'raw'].map((tab) => `/machines/${id}/${tab}`),
    '/activity',
    '/packages',
    '/packages/openssl',
    '/messages',
    '/messages?show=acknowledged',
    '/messages?text=nothing',
    '/audit',
    '/audit?outcome=denied',
    '/users',
    '/settings',
    '/settings/approval',
    '/settings/networks',
    '/me',
    '/there-is-no-such-page',
  ];

  it.each([
    ['light', 'en'],
    ['dark', 'fr'],
  ])(
    'is read by a screen reader, %s and in %s',
    async (theme, language) => {
      await prefer('theme', theme);
      await prefer('language', language);
      const found: string[] = [];
      for (const address of addresses()) {
        await open(address);
        expect(
          await page.evaluate(() => [document.documentElement.dataset['theme'], document.documentElement.lang]),
        ).toEqual([theme, language]);
        found.push(...(await axeViolations(page)).map((one) => `${address}: ${one}`));
        const offered = await primaries();
        if (offered.length > 1) found.push(`${address}: several primary buttons, ${offered.join(', ')}`);
      }
      expect(found).toEqual([]);
    },
    600_000,
  );

  it.each([
    [1180, 900, 100],
    [700, 900, 100],
    [390, 844, 100],
    [320, 640, 100],
    [1180, 900, 200],
  ])(
    'has no sideways scrolling at %i × %i with the text at %i %%, in French',
    async (width, height, percent) => {
      await prefer('language', 'fr');
      await page.setViewportSize({ width, height });
      const found: string[] = [];
      for (const address of addresses()) {
        await open(address);
        await page.addStyleTag({ content: `html { font-size: ${String(percent)}% !important }` });
        const pixels = await sideways();
        if (pixels > 0) found.push(`${address}: ${String(pixels)}`);
      }
      await page.setViewportSize({ width: 1440, height: 900 });
      expect(found).toEqual([]);
    },
    600_000,
  );

  it('searches and runs from the keyboard alone', async () => {
    await prefer('language', 'en');
    await prefer('theme', 'light');
    await open('/activity');
    const field = page.getByRole('combobox', { name: 'Search or run' });
    const summon = async (): Promise<void> => {
      await page.keyboard.press('Control+k');
      await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'combobox');
    };
    await summon();
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.type('nas');
    await page.getByRole('option', { name: /^nas-03/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`/machines/${id}/`));

    await summon();
    await page.keyboard.type('analyse nas');
    await page.getByRole('option', { name: /^Analyse nas-03/ }).waitFor();
    await page.keyboard.press('Enter');
    // No host key is approved: the refusal is said in the palette, with what to do.
    await page.getByRole('alert').getByText('No host key of the machine is approved yet.').waitFor();
    await page.keyboard.press('Escape');
    await field.waitFor({ state: 'detached' });

    await summon();
    await page.keyboard.type('aud');
    await page.getByRole('option', { name: 'Audit' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/audit$/);
    await page
      .getByRole('cell', { name: /Credentials stored/ })
      .first()
      .waitFor();
  });

  it('shows what removing a tag takes from whom, then does it', async () => {
    await open('/machines?group=tag');
    await page.getByRole('heading', { name: /^prod 2/ }).waitFor();
    await page.goto(`${product.origin}/machines/tags`);
    const row = page.locator('su-tag-row').filter({ has: page.getByRole('textbox', { name: 'Name of prod' }) });
    await row.getByRole('textbox').fill('production');
    await row.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('textbox', { name: 'Name of production' }).waitFor();
    await page.getByRole('button', { name: 'Colour of production' }).click();
    await page.getByRole('menuitem', { name: 'Teal' }).click();
    await page.getByRole('button', { name: 'Remove production' }).click();
    await page.getByText('production is taken off 2 machines').waitFor();
    await page.getByRole('button', { name: 'Remove production' }).last().click();
    await page.getByRole('textbox', { name: 'Name of production' }).waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.waitForURL(/\/machines(\?.*)?$/);
    await open('/machines?group=tag');
    expect(await page.getByRole('heading', { name: /^prod/ }).count()).toBe(0);
  });

  it('says in the audit who did what, by a filter that is an address', async () => {
    await open('/audit?action=credentials.stored');
    const rows = page.locator('tbody tr');
    await rows.first().waitFor();
    expect(await rows.count()).toBe(3);
    expect(await rows.first().innerText()).toMatch(/ada[\s\S]*Credentials stored[\s\S]*nas-03[\s\S]*Done/);
    await page.getByRole('combobox', { name: 'Filter by outcome' }).selectOption('denied');
    await page.waitForURL(/outcome=denied/);
    await page.getByText('Nothing matches this filter.').waitFor();
  });

  it('logged no error', () => {
    expect(errors).toEqual([]);
  });
});
