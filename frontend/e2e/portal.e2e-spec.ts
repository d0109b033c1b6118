import { AxeBuilder } from '@axe-core/playwright';
import { readFileSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { startProduct, type Product } from '../../backend/test/support/product';
import { fleet, realMachines, type RealMachine } from '../../backend/test/support/real-machines';
import { parseHostKeyLine } from '../../backend/src/kernel/ssh/host-key';

const PASSWORD = 'a password of this test';

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
    page = await context.newPage();
    page.on('pageerror', (error) => consoleErrors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('status of 4')) consoleErrors.push(message.text());
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

  it('enrols a machine through the page and shows every package with its reason', async () => {
    const states = [
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
    fleet('scenario', machine(0).name, ...states);
    await fillIn(machine(0), 'everything', 'admin');
    await trust(machine(0));
    await button('Analyse now').waitFor({ timeout: 60_000 });
    await accessible();
    const job = await analysed();
    const { machineId } = await get<{ machineId: string }>(`/api/jobs/${job}`);

    await page.goto(`${product.origin}/machines/${machineId}/updates`);
    await page.getByText('fleet-held').waitFor();
    const rows = await page.evaluate(() => document.body.innerText);
    for (const [name, reason] of [
      ['fleet-held', 'Held'],
      ['fleet-pinned', 'Pinned'],
      ['fleet-phased', 'Phased'],
      ['fleet-newdep', 'Needs new packages'],
      ['fleet-swap', 'Needs a removal'],
      ['fleet-stuck', 'Not installable'],
    ] as const) {
      expect(rows.slice(rows.indexOf(name), rows.indexOf(name) + 120)).toContain(reason);
    }
    expect(rows).toMatch(/4 updates, 1 security/);
    expect(rows).toMatch(/Reboot\s+Needed/);
    await accessible();
  }, 180_000);

  it('follows a run live across a reload and a lost network, no line lost or repeated', async () => {
    fleet('scenario', machine(1).name, 'plain', 'repo-slow');
    await fillIn(machine(1), 'slow', 'ops');
    await trust(machine(1));
    await button('Analyse now').waitFor({ timeout: 60_000 });
    await button('Analyse now').click();
    await page.waitForURL(/\/runs\//);
    const id = page.url().split('/').at(-1) ?? '';
    await page.locator('su-log-line').first().waitFor();
    await page.reload();
    await page.locator('su-log-line').first().waitFor();
    await context.setOffline(true);
    await context.setOffline(false);
    await eventually(
      async () => (await get<{ status: string }>(`/api/jobs/${id}`)).status,
      (status) => !['queued', 'running'].includes(status),
      120_000,
    );
    const log = await get<{ lines: LogLine[]; lastSeq: number; ended: boolean }>(`/api/jobs/${id}/log?limit=2000`);
    expect(log.lines.map((line) => line.seq)).toEqual(log.lines.map((_line, index) => index + 1));
    const last = log.lines.at(-1)?.text ?? '';
    await page.locator('su-log-line', { hasText: last }).first().waitFor();
    const shown = await page.locator('.log h2 + span').innerText();
    expect(shown).toContain(String(log.lines.length));
    await accessible();
  }, 240_000);

  it('says what is wrong with a connection and what to do', async () => {
    fleet('stop', machine(2).name);
    try {
      await page.goto(`${product.origin}/machines/new`);
      await fillIn(machine(2), 'off', 'ops');
      await page
        .getByText(/refused|does not answer|not reach/i)
        .first()
        .waitFor({ timeout: 30_000 });
    } finally {
      fleet('start', machine(2).name);
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
