import { isDeepStrictEqual } from 'node:util';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ApiClient } from '../../backend/test/support/api-client';
import { eventually } from '../../backend/test/support/eventually';
import { startProduct, type Product } from '../../backend/test/support/product';
import { axeViolations, consoleErrors, startBrowser } from './support/browser';

const PASSWORD = 'a password of this test';
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

/** How the page is drawn at this moment. */
interface Looks {
  readonly theme: string | undefined;
  readonly density: string | undefined;
  readonly zoom: string;
  readonly lang: string;
}

describe('settings and preferences in the browser', () => {
  let product: Product;
  let api: ApiClient;
  let browser: Browser;
  /** Two browsers of one person. */
  let first: Page;
  let other: Page;
  const contexts: BrowserContext[] = [];
  const errors: string[][] = [];

  beforeAll(async () => {
    product = await startProduct();
    api = await ApiClient.administrator(product);
    browser = await startBrowser();
    first = await freshBrowser();
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    expect(await product.stop()).toBe(0);
  });

  /** A browser that knows nothing, signed in as the same person. */
  async function freshBrowser(): Promise<Page> {
    const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', colorScheme: 'light' });
    contexts.push(context);
    const page = await context.newPage();
    errors.push(consoleErrors(page));
    await page.goto(product.origin);
    await page.fill('input[autocomplete=username]', 'ada');
    await page.fill('input[type=password]', PASSWORD);
    await page.keyboard.press('Enter');
    await page
      .locator('su-top-bar')
      .waitFor()
      .catch(async (error: unknown) => {
        throw new Error(`Not signed in at ${page.url()}:\n${await page.locator('body').innerText()}`, { cause: error });
      });
    return page;
  }

  const looks = (page: Page): Promise<Looks> =>
    page.evaluate(() => {
      const root = document.documentElement;
      return {
        theme: root.dataset['theme'],
        density: root.dataset['density'],
        zoom: root.style.fontSize,
        lang: root.lang,
      };
    });
  const pressed = (page: Page, group: string, button: string): Promise<void> =>
    page.getByRole('group', { name: group, exact: true }).getByRole('button', { name: button, exact: true }).click();
  const preferences = (): Promise<{ values: Record<string, unknown>; chosen: string[] }> => api.get('/me/preferences');
  const setting = (key: string): Promise<{ value: unknown; updatedBy: string | null }> => api.get(`/settings/${key}`);
  /** What a test looks at, when somebody wants to see it: set E2E_SHOTS to a folder. */
  const shot = async (page: Page, name: string): Promise<void> => {
    const folder = process.env['E2E_SHOTS'];
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
  };

  it('finds theme, density, zoom and tiles in a fresh browser of the same person', async () => {
    await first.goto(`${product.origin}/me`);
    await pressed(first, 'Theme', 'Dark');
    await pressed(first, 'Density', 'Compact');
    await pressed(first, 'Zoom', '120%');
    await pressed(first, 'Machines', 'Table');
    const chosen: Looks = { theme: 'dark', density: 'compact', zoom: '120%', lang: 'en' };
    await eventually(
      () => looks(first),
      (now) => isDeepStrictEqual(now, chosen),
    );
    expect(await axeViolations(first)).toEqual([]);
    await shot(first, 'me-dark');
    await eventually(preferences, ({ values }) => values['dashboard_view'] === 'table');

    other = await freshBrowser();
    await eventually(
      () => looks(other),
      (now) => isDeepStrictEqual(now, chosen),
    );
    await other.goto(`${product.origin}/me`, { waitUntil: 'commit' });
    // Before the program was loaded, let alone the server asked: the first paint is that of the choice.
    await other.locator('html[data-theme=dark][data-density=compact]').waitFor();
  });

  it('two browsers of one person agree at once, whoever chooses', async () => {
    await other.goto(`${product.origin}/me`);
    await pressed(other, 'Theme', 'Light');
    await pressed(other, 'Zoom', '100%');
    await pressed(other, 'Density', 'Comfortable');
    await eventually(
      () => looks(first),
      ({ theme, density, zoom }) => theme === 'light' && density === 'comfort' && zoom === '100%',
    );
    expect(await axeViolations(first)).toEqual([]);
    await shot(first, 'me-light');
  });

  it('keeps a choice that was made without a connection, and sends it when there is one', async () => {
    await first.context().setOffline(true);
    await pressed(first, 'Zoom', '110%');
    await eventually(
      () => looks(first),
      ({ zoom }) => zoom === '110%',
    );
    expect((await preferences()).values['zoom']).toBe(100);
    await first.context().setOffline(false);
    const lost = errors[0]?.splice(0) ?? [];
    expect(lost.filter((line) => !line.includes('ERR_INTERNET_DISCONNECTED'))).toEqual([]);
    await eventually(preferences, ({ values }) => values['zoom'] === 110);
    await first.getByRole('button', { name: /Follow the defaults again/ }).click();
    await eventually(preferences, ({ chosen }) => chosen.every((key) => key === 'dock_open'));
    await eventually(
      () => looks(first),
      ({ zoom }) => zoom === '100%',
    );
  });

  it('a default that an administrator changes reaches the open browsers of those who have not chosen', async () => {
    await first.goto(`${product.origin}/settings`);
    await other.goto(`${product.origin}/settings`);
    await first.getByLabel('Zoom', { exact: true }).fill('115');
    await pressed(first, 'Theme', 'Dark');
    expect(await setting('appearance.zoom')).toMatchObject({ value: 100 });
    await first.getByText('2 changes are not saved.').waitFor();
    await shot(first, 'settings-dirty');
    await first.keyboard.press('Control+Enter');
    await first.getByText('2 settings differ from their defaults.').waitFor();
    expect(await setting('appearance.zoom')).toMatchObject({ value: 115, updatedBy: 'ada' });
    await other.getByText('2 settings differ from their defaults.').waitFor();
    await eventually(
      () => looks(other),
      ({ theme, zoom }) => theme === 'dark' && zoom === '115%',
    );
    expect(await axeViolations(other)).toEqual([]);
    await shot(other, 'settings-dark');
  });

  it('refuses at the field what does not fit, and overwrites nobody unseen', async () => {
    const zoom = first.getByLabel('Zoom', { exact: true });
    await zoom.fill('200');
    await first.getByText('A whole number from 90 to 130, in steps of 5.').waitFor();
    expect(await first.getByRole('button', { name: /Save the change/ }).isDisabled()).toBe(true);
    await first.getByRole('button', { name: 'Discard' }).click();

    const networks = first.getByLabel('Networks that may be searched', { exact: true });
    await networks.fill('10.20.0.0/16\n10.20.30.40/16');
    await networks.blur();
    await first.getByRole('button', { name: /Save the change/ }).click();
    await first.getByText(/^10\.20\.30\.40\/16: it has to be a network/).waitFor();
    expect(await networks.getAttribute('aria-invalid')).toBe('true');
    expect(await axeViolations(first)).toEqual([]);
    await shot(first, 'settings-refused');
    expect(await setting('discovery.allowed_networks')).toMatchObject({ value: [] });
    await networks.fill('10.20.0.0/16');
    await networks.blur();
    await first.getByRole('button', { name: /Save the change/ }).click();
    await eventually(
      () => setting('discovery.allowed_networks'),
      ({ value }) => JSON.stringify(value) === '["10.20.0.0/16"]',
    );

    await first.getByRole('button', { name: 'Reset Zoom to its default' }).click();
    await first.getByRole('button', { name: 'Reset Theme to its default' }).click();
    await first.getByText('1 setting differs from its default.').waitFor();
    expect(await setting('appearance.zoom')).toMatchObject({ value: 100, updatedBy: null });
  });

  it('finds a setting by the keyboard, in French, on a phone, in both themes', async () => {
    await first.locator('h1').click();
    await first.keyboard.press('/');
    await first.keyboard.type('ssh');
    await first.getByRole('heading', { name: /Interactive SSH terminal/ }).waitFor();
    await eventually(
      () => first.getByRole('heading', { level: 3 }).count(),
      (found) => found === 1,
    );
    await first.keyboard.press('Escape');
    await first
      .getByRole('button', { name: /language/i })
      .first()
      .click();
    await first.waitForSelector('html[lang=fr]');
    await first.getByRole('heading', { name: 'Durée de conservation' }).waitFor();
    expect(await axeViolations(first)).toEqual([]);
    await shot(first, 'settings-fr-light');
    await first.setViewportSize(PHONE);
    for (const theme of ['light', 'dark'] as const) {
      await first.emulateMedia({ colorScheme: theme });
      await eventually(
        () => looks(first),
        (now) => now.theme === theme,
      );
      const overflow = await first.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
      expect(await axeViolations(first)).toEqual([]);
      await shot(first, `settings-fr-phone-${theme}`);
    }
    await first.emulateMedia({ colorScheme: 'light' });
    await first.setViewportSize(DESKTOP);
  });

  it('shows a machine as somebody left it: its tab, its open tile, its folded sections', async () => {
    const credentials = { authMethod: 'password', password: 'not a real one', sudoMode: 'same_as_ssh' };
    const place = { name: 'web-01', hostname: '127.0.0.1', port: 9, username: 'ops' };
    const { id } = await api.post<{ id: string }>('/machines', { ...place, credentials });

    await first.goto(`${product.origin}/machines/${id}`);
    await first.waitForURL(/\/updates$/);
    await first.locator('nav.tabs a[href$="/timeline"]').click();
    await first.waitForURL(/\/timeline$/);
    await eventually(
      () => api.get<{ lastActiveTab: string | null }>(`/machine-ui-state/${id}`),
      ({ lastActiveTab }) => lastActiveTab === 'timeline',
    );
    await other.goto(`${product.origin}/machines/${id}`);
    await other.waitForURL(/\/timeline$/);

    await other.goto(`${product.origin}/machines?view=comfort`);
    await first.goto(`${product.origin}/machines?view=comfort`);
    const tile = first.locator('su-tile');
    await tile.waitFor();
    await tile.locator('.more').click();
    await first.getByRole('menuitem', { name: /Agrandir la tuile/ }).click();
    await first.getByText('Rien n’a encore tourné ici.').waitFor();
    await other.locator('su-tile.expanded').waitFor();
    expect(await axeViolations(first)).toEqual([]);
    await shot(first, 'tile-expanded');
    await tile.getByRole('button', { name: 'Journal de web-01' }).click();
    await eventually(
      () => api.get<{ sectionsOpen: string[] | null }>(`/machine-ui-state/${id}`),
      ({ sectionsOpen }) => sectionsOpen?.includes('logs') === false,
    );
    await other.locator('su-tile.expanded su-tile-log').waitFor({ state: 'detached' });
    await other.reload();
    await other.locator('su-tile.expanded').waitFor();
    expect(await other.locator('su-tile-log').count()).toBe(0);

    await first.goto(`${product.origin}/me`);
    await first.selectOption('#default-tab', 'hardware');
    await eventually(preferences, ({ values }) => values['default_tab'] === 'hardware');
    await first.goto(`${product.origin}/machines/${id}`);
    await first.waitForURL(/\/hardware$/);
  });

  it('shows the sign-in as the installation looks by default, to a browser that knows nobody', async () => {
    for (const [key, value] of [
      ['appearance.theme', 'dark'],
      ['appearance.density', 'compact'],
      ['appearance.language', 'fr'],
    ] as const) {
      const { updatedAt } = await api.get<{ updatedAt: string | null }>(`/settings/${key}`);
      await api.put(`/settings/${key}`, { value, seen: updatedAt });
    }
    const context = await browser.newContext({ viewport: PHONE, locale: 'en-GB', colorScheme: 'light' });
    contexts.push(context);
    const stranger = await context.newPage();
    errors.push(consoleErrors(stranger));
    await stranger.goto(product.origin);
    await stranger.getByRole('heading', { name: 'Se connecter' }).waitFor();
    expect(await looks(stranger)).toMatchObject({ theme: 'dark', density: 'compact', lang: 'fr' });
    expect(await axeViolations(stranger)).toEqual([]);
    await shot(stranger, 'sign-in-default');
    // What is chosen before the sign-in counts more.
    await stranger.getByRole('button', { name: /^Langue/ }).click();
    await stranger.reload();
    await stranger.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await looks(stranger)).toMatchObject({ theme: 'dark', lang: 'en' });
  });

  it('logged no error', () => {
    expect(errors.flat()).toEqual([]);
    expect(product.output()).not.toContain(PASSWORD);
  });
});
