import { AxeBuilder } from '@axe-core/playwright';
import { readFileSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type Page, type WebSocket } from 'playwright-core';
import { startProduct, type Product } from '../../backend/test/support/product';
import { fleet, realMachines, type RealMachine } from '../../backend/test/support/real-machines';
import { parseHostKeyLine } from '../../backend/src/kernel/ssh/host-key';

const PASSWORD = 'a password of this test';

/** Every reason for which a package is left, an ordinary update, a security update and a reboot that waits. */
const EVERYTHING = [
  'plain',
  'security',
  'held',
  'pinned',
  'phased',
  'new-dependency',
  'removal',
  'not-installable',
  'reboot-required',
];

/** Nothing leaves this machine: names resolve to nothing, and Chromium's own services stay off. */
const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
];

interface LogLine {
  readonly seq: number;
  readonly text: string;
}

describe('the portal on real machines', () => {
  let product: Product;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let machines: RealMachine[];
  const consoleErrors: string[] = [];

  beforeAll(async () => {
    machines = realMachines();
    product = await startProduct();
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags });
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
    // Machines, server and browser share the cores with whatever else runs here.
    context.setDefaultTimeout(60_000);
    page = await context.newPage();
    page.on('pageerror', (error) => consoleErrors.push(error.message));
    page.on('console', (message) => {
      // Refusals are answers, and the network goes away on purpose.
      const expected = /status of 4|ERR_INTERNET_DISCONNECTED/.test(message.text());
      if (message.type() === 'error' && !expected) consoleErrors.push(message.text());
    });
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    expect(await product.stop()).toBe(0);
  });

  const get = <T>(url: string): Promise<T> => page.evaluate(async (address) => (await fetch(address)).json() as T, url);
  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const machine = (index: number): RealMachine => {
    const found = machines[index];
    if (found === undefined) throw new Error(`the fleet has no machine ${String(index)}`);
    return found;
  };
  const accessible = async (): Promise<void> => {
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
  };

  async function fillIn(of: RealMachine, name: string, user: string): Promise<void> {
    await page.goto(`${product.origin}/machines/new`);
    await page.fill('#address', `${of.address}:${String(of.port)}`);
    await page.fill('#user', user);
    await page.fill('#machineName', name);
    const password = of.users.find((one) => one.name === user)?.password ?? null;
    if (user === 'admin' && password !== null) {
      await page.locator('input[name=authMethod][value=password]').check({ force: true });
      await page.locator('input[name=sudoMode][value=same_as_ssh]').check({ force: true });
      await page.fill('#accountPassword', password);
    } else {
      await page.locator('input[name=authMethod][value=ssh_key]').check({ force: true });
      await page.locator('input[name=sudoMode][value=none]').check({ force: true });
      await page.fill('#privateKey', readFileSync(of.keyPath, 'utf8'));
    }
    await button('Read its key').click();
  }

  async function trust(of: RealMachine): Promise<void> {
    await page.waitForSelector('#trusted');
    await page.fill('#trusted', `SHA256:${'A'.repeat(43)}`);
    await page.getByText('Different', { exact: true }).waitFor();
    expect(await button('Trust this key and go on').isDisabled()).toBe(true);
    await page.fill('#trusted', parseHostKeyLine(of.hostKey).fingerprint);
    await page.getByText('Same key', { exact: true }).waitFor();
    await button('Trust this key and go on').click();
  }

  async function analysed(): Promise<string> {
    await button('Analyse now').click();
    await page.waitForURL(/\/runs\//);
    const id = page.url().split('/').at(-1) ?? '';
    await page.getByText('The run has ended').or(page.locator('.foot')).first().waitFor();
    await eventually(
      async () => (await get<{ status: string }>(`/api/jobs/${id}`)).status,
      (status) => !['queued', 'running'].includes(status),
    );
    return id;
  }

  /** Waits for a condition, not for a time. */
  async function eventually<T>(read: () => Promise<T>, holds: (value: T) => boolean, limitMs = 60_000): Promise<T> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const value = await read();
      if (holds(value)) return value;
      if (Date.now() > deadline) throw new Error(`did not come true, last: ${JSON.stringify(value)}`);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  it('makes the first administrator from the setup link and takes the token out of the address', async () => {
    await page.goto(product.setupLink);
    await page.waitForSelector('input[autocomplete=username]');
    expect(page.url()).not.toContain('su_link_');
    await accessible();
    await page.fill('input[autocomplete=username]', 'ada');
    await page.fill('input[type=password]', PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/machines/);
    await accessible();
  });

  /** One row of the list of packages, by the package's exact name. */
  const pack = (name: string) =>
    page.locator('.pack', { has: page.locator('.name', { hasText: new RegExp(`^${name},`) }) });

  const mode = (name: string) => page.locator('.seg').getByRole('button', { name });
  /** Exactly these packages are listed, each once and with these words in its row. */
  async function shows(rows: readonly [string, ...string[]][]): Promise<void> {
    for (const [name, ...words] of rows) {
      const texts = await pack(name).allTextContents();
      expect([name, texts.length, words.filter((word) => !texts[0]?.includes(word))]).toEqual([name, 1, []]);
    }
    expect(await page.locator('.pack').count()).toBe(rows.length);
  }

  it.each([
    ['Debian 12', 0, 'everything', '1.0-1+deb12u1'],
    ['Debian 13', 1, 'everything too', '1.0-1+deb13u1'],
  ])(
    'enrols a machine of %s through the page and shows every package with its right reason',
    async (system, index, called, securityVersion) => {
      fleet('scenario', machine(index).name, ...EVERYTHING);
      await fillIn(machine(index), called, 'admin');
      await trust(machine(index));
      await button('Analyse now').waitFor({ timeout: 60_000 });
      await accessible();
      const job = await analysed();
      const { machineId } = await get<{ machineId: string }>(`/api/jobs/${job}`);
      expect(await get(`/api/machines/${machineId}`)).toMatchObject({
        need: 'security',
        apt: { updatesCount: 4, securityCount: 1, keptBackCount: 4, rebootRequired: true, stale: false },
      });

      await page.goto(`${product.origin}/machines/${machineId}/updates`);
      await pack('fleet-held').waitFor();
      await mode('Upgrade').click();
      await shows([
        ['fleet-plain', '1.0', '1.1'],
        ['fleet-guard', securityVersion, 'Debian-Security'],
        ['fleet-held', '1.1', 'Held', 'The package is on hold.'],
        ['fleet-pinned', '1.1', 'Pinned', 'Preferences prefer version 1.0 (990) to 1.1 (500).'],
        ['fleet-phased', '1.1', 'Phased'],
        ['fleet-newdep', '2.0', 'Needs new packages', 'fleet-lib2'],
        ['fleet-swap', '2.0', 'Needs a removal', 'fleet-old'],
        ['fleet-stuck', '1.1', 'Not installable', 'fleet-missing'],
      ]);
      expect(await pack('fleet-guard').getAttribute('class')).toContain('is-security');
      for (const plain of ['fleet-plain', 'fleet-guard']) expect(await pack(plain).locator('.reason').count()).toBe(0);
      // What else a full upgrade would do: a package comes, and one goes.
      await mode('Full').click();
      await pack('fleet-old').waitFor();
      await shows([
        ['fleet-plain', '1.1'],
        ['fleet-guard', securityVersion],
        ['fleet-held', 'Held'],
        ['fleet-pinned', 'Pinned'],
        ['fleet-phased', 'Phased'],
        ['fleet-newdep', '2.0', 'upgrade'],
        ['fleet-lib2', '2.0', 'New'],
        ['fleet-swap', '2.0', 'upgrade'],
        ['fleet-old', 'removal'],
        ['fleet-stuck', 'Not installable'],
      ]);
      const page_ = await page.evaluate(() => document.body.innerText);
      expect(page_).toMatch(/4 updates, 1 security/);
      expect(page_).toMatch(/Reboot\s+Needed/);
      expect(page_).toContain(system);
      await accessible();
    },
    180_000,
  );

  it('follows a run live across a reload and a lost network, no line lost or repeated', async () => {
    const sockets: WebSocket[] = [];
    page.on('websocket', (socket) => sockets.push(socket));
    fleet('scenario', machine(2).name, 'plain', 'repo-hang');
    await fillIn(machine(2), 'slow', 'ops');
    await trust(machine(2));
    await button('Analyse now').waitFor({ timeout: 60_000 });
    await button('Analyse now').click();
    await page.waitForURL(/\/runs\//);
    const id = page.url().split('/').at(-1) ?? '';
    const status = async (): Promise<string> => (await get<{ status: string }>(`/api/jobs/${id}`)).status;
    await page.locator('su-log-line').first().waitFor();
    await page.reload();
    await page.locator('su-log-line').first().waitFor();
    expect(await status()).toBe('running');
    const before = sockets.length;
    await context.setOffline(true);
    await page.locator('.log .foot', { hasText: 'Not connected' }).waitFor();
    await context.setOffline(false);
    await eventually(
      () => Promise.resolve(sockets.length),
      (count) => count > before,
    );
    expect(await status()).toBe('running');
    await eventually(status, (now) => !['queued', 'running'].includes(now), 120_000);
    const log = await get<{ lines: LogLine[]; lastSeq: number; ended: boolean }>(`/api/jobs/${id}/log?limit=2000`);
    expect(log.lines.map((line) => line.seq)).toEqual(log.lines.map((_line, index) => index + 1));
    const last = log.lines.at(-1)?.text ?? '';
    await page.locator('su-log-line', { hasText: last }).first().waitFor();
    // What stands on the screen, row by row, is what the server kept: each line once, in order.
    const numbers = await page.locator('.log .row .number').allInnerTexts();
    const seen = numbers.filter((text) => text !== '').map(Number);
    expect(seen).toEqual(log.lines.map(({ seq }) => seq).slice(-seen.length));
    expect(seen.length).toBeGreaterThan(5);
    const shown = await page.locator('.log h2 + span').innerText();
    expect(shown).toContain(String(log.lines.length));
    await accessible();
  }, 240_000);

  it('says what is wrong with a connection and what to do', async () => {
    fleet('stop', machine(3).name);
    try {
      await page.goto(`${product.origin}/machines/new`);
      await fillIn(machine(3), 'off', 'ops');
      await page
        .getByText(/refused|does not answer|not reach/i)
        .first()
        .waitFor({ timeout: 30_000 });
    } finally {
      fleet('start', machine(3).name);
    }
  }, 90_000);

  it('works in French, in the dark and on a phone', async () => {
    await page.goto(`${product.origin}/machines`);
    await page
      .getByRole('button', { name: /EN|English|Language/ })
      .first()
      .click();
    await page.waitForSelector('html[lang=fr]');
    await page.getByText('Sécurité').first().waitFor();
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`${product.origin}/machines`);
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(background).toBe('rgb(14, 18, 19)');
    await page.getByText('everything').first().waitFor();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
    await accessible();
  });

  it('logged no error and no secret', () => {
    expect(consoleErrors).toEqual([]);
    for (const user of machine(0).users)
      if (user.password !== null) expect(product.output()).not.toContain(user.password);
    expect(product.output()).not.toContain(PASSWORD);
  });
});
