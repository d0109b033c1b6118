import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { ApiClient } from '../../backend/test/support/api-client';
import { at } from '../../backend/test/support/at';
import { eventually } from '../../backend/test/support/eventually';
import { startProduct, type Product } from '../../backend/test/support/product';
import { fleet, realMachines, type RealMachine } from '../../backend/test/support/real-machines';
import { parseHostKeyLine } from '../../backend/src/kernel/ssh/host-key';
import { axeViolations, consoleErrors, sidewaysElements, startBrowser } from './support/browser';

const PASSWORD = 'a password of this test';
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

interface Detail {
  readonly status: string;
  readonly need: string;
  readonly lastError: { readonly kind: string } | null;
  readonly hostKeys: readonly { readonly status: string; readonly fingerprintSha256: string }[];
}

describe('adding a machine whose way in is not right at once, and deciding about its keys', () => {
  let product: Product;
  let api: ApiClient;
  let browser: Browser;
  let page: Page;
  let machine: RealMachine;
  let id = '';
  let errors: string[];
  /** The keys that the machine had before it was another. */
  let identity: string;

  beforeAll(async () => {
    machine = at(realMachines(), 0);
    fleet('reset', machine.name);
    identity = mkdtempSync(path.join(tmpdir(), 'system-update-identity-'));
    cpSync(identityFolder(), identity, { recursive: true });
    product = await startProduct();
    api = await ApiClient.administrator(product);
    browser = await startBrowser();
    const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB' });
    context.setDefaultTimeout(60_000);
    page = await context.newPage();
    errors = consoleErrors(page);
    await page.goto(product.origin);
    await page.fill('input[autocomplete=username]', 'ada');
    await page.fill('input[type=password]', PASSWORD);
    await page.keyboard.press('Enter');
    await page.locator('su-top-bar').waitFor();
  }, 300_000);
  afterAll(async () => {
    restoreIdentity();
    rmSync(identity, { recursive: true, force: true });
    await browser.close();
    expect(await product.stop()).toBe(0);
  });

  const identityFolder = (): string => path.join(process.env['FLEET_ROOT'] ?? '', 'machines', machine.name, 'identity');
  function restoreIdentity(): void {
    cpSync(identity, identityFolder(), { recursive: true });
    fleet('reset', machine.name);
  }
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const detail = (): Promise<Detail> => api.get<Detail>(`/machines/${id}`);
  const statusesOfKeys = async (): Promise<string[]> => (await detail()).hostKeys.map(({ status }) => status).sort();

  async function fits(): Promise<void> {
    expect(await axeViolations(page)).toEqual([]);
    for (const size of [PHONE, DESKTOP]) {
      await page.setViewportSize(size);
      expect(await sidewaysElements(page)).toEqual([]);
    }
  }

  async function type(address: string): Promise<void> {
    await page.goto(`${product.origin}/machines/new`);
    await page.fill('#address', address);
    await page.fill('#user', 'ops');
    await page.fill('#privateKey', readFileSync(machine.keyPath, 'utf8'));
  }

  it('asks before it forgets what was typed, and keeps it for whoever goes on', async () => {
    await type('web-01.example');
    await page.mouse.click(5, 450);
    await page.getByText('What you typed has not been kept yet.').waitFor();
    await fits();
    await button('Go on').click();
    expect(await page.inputValue('#privateKey')).toContain('PRIVATE KEY');
    await page.keyboard.press('Escape');
    await button('Discard it').click();
    await page.waitForURL(/\/machines$/);
    // Nothing was typed here, so nothing is asked.
    await page.goto(`${product.origin}/machines/new`);
    await page.locator('#address').waitFor();
    await page.keyboard.press('Escape');
    await page.waitForURL(/\/machines$/);
  });

  it('says how far it came with a name that does not exist, and lets it be corrected', async () => {
    await type('nosuch.invalid');
    await button('Read its key').click();
    await page.locator('li.failed').getByText('Name not found').waitFor();
    await fits();
    id = new URL(page.url()).searchParams.get('machine') ?? '';
    expect(await detail()).toMatchObject({ status: 'unreachable', need: 'unreachable', lastError: { kind: 'dns' } });

    await button('Correct address or user').click();
    expect(await page.inputValue('#address')).toBe('nosuch.invalid:22');
    await page.getByText('The credentials are kept').waitFor();
    await fits();
    await page.fill('#address', `${machine.address}:${String(machine.port + 1)}`);
    await page.fill('#machineName', 'corrected');
    await button('Keep and read its key').click();
    // Right, but for the port.
    await page.locator('li.failed').waitFor();
    expect(await page.locator('li.ok').count()).toBe(1);
    await button('Correct address or user').click();
    await page.fill('#address', `${machine.address}:${String(machine.port)}`);
    await button('Keep and read its key').click();
    await page.fill('#trusted', parseHostKeyLine(machine.hostKey).fingerprint);
    expect(await detail()).toMatchObject({ status: 'new', need: 'unknown' });
    await button('Trust this key and go on').click();
    await button('Analyse now').waitFor();
    expect(await detail()).toMatchObject({ status: 'active', lastError: null });
  }, 120_000);

  it('goes on where it was after a reload: an approved key is no first contact', async () => {
    await page.reload();
    await button('Analyse now').waitFor();
    expect(await page.getByText('Nothing is installed on the machine.').count()).toBe(1);
    expect(await page.locator('#trusted').count()).toBe(0);
  });

  const nothingToDecide = () => page.locator('su-host-key-card').waitFor({ state: 'detached' });

  it('asks for no decision about another type of key beside the approved one', async () => {
    expect(await statusesOfKeys()).toEqual(['approved', 'unknown']);
    await page.goto(`${product.origin}/machines/${id}/access`);
    await page.getByText('Also shown').waitFor();
    await nothingToDecide();
    await fits();
    await page.getByRole('button', { name: /^Compare SHA256/ }).click();
    await page.getByText('Signing in does not need it.').first().waitFor();
    await page.locator('#trusted').waitFor();
    await button('Cancel').click();
    await nothingToDecide();
  });

  it('has nothing outside its landmarks while the menu of a tile is open', async () => {
    await page.goto(`${product.origin}/machines`);
    await button('Actions for corrected').click();
    await page.getByRole('menu').waitFor();
    await fits();
    await page.keyboard.press('Escape');
  });

  it('keeps a rejected key rejected, and takes the old key back when the old machine is back', async () => {
    fleet('reset', '--new-identity', machine.name);
    await page.goto(`${product.origin}/machines/${id}/access`);
    await button('Test the connection').click();
    await page.locator('.diff').waitFor();
    expect(await detail()).toMatchObject({ status: 'quarantined' });
    await fits();
    await button('Reject key').click();
    await page.getByText('it stays in quarantine').waitFor();
    await button('Read keys').click();
    // Its other key, which was not seen before, is no question either.
    await eventually(statusesOfKeys, (statuses) => statuses.filter((status) => status === 'rejected').length === 2);
    await nothingToDecide();
    await fits();

    restoreIdentity();
    await button('The old key is right').click();
    await page.getByText('it stays in quarantine').waitFor({ state: 'detached' });
    await button('Test the connection').click();
    await page.getByText('The machine can be read.').waitFor();
    expect(await detail()).toMatchObject({ status: 'active', lastError: null });
  }, 120_000);

  it('offers nothing that could not run on an archived machine, and still shows what is known of it', async () => {
    fleet('scenario', machine.name, 'plain');
    const job = await api.post<{ id: string }>(`/machines/${id}/actions/apt_update_analyze`);
    await eventually(
      () => api.get<{ status: string }>(`/jobs/${job.id}`),
      ({ status }) => status === 'ok',
    );
    await page.goto(`${product.origin}/machines/${id}/updates`);
    await button('Plan update').waitFor();
    await api.post(`/machines/${id}/archive`);
    await page.reload();
    await page.getByText('fleet-plain').first().waitFor();
    await button('Restore').waitFor();
    expect(await button('Plan update').count()).toBe(0);
    await fits();
    await page.goto(`${product.origin}/machines/${id}/access`);
    await page.getByText('Host keys').waitFor();
    for (const name of ['Read keys', 'Test the connection', 'Replace the credentials', 'Compare', 'Save'])
      expect([name, await button(name).count()]).toEqual([name, 0]);
    await fits();
  }, 120_000);

  it('logged no error', () => {
    expect(errors).toEqual([]);
  });
});
