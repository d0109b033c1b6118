import type { Page } from 'playwright-core';
import { at } from '../../backend/test/support/at';
import type { ApiClient } from '../../backend/test/support/api-client';
import { eventually } from '../../backend/test/support/eventually';
import type { MachineJobs } from '../../backend/test/support/machine-jobs';
import { fleet, realMachines, type RealMachine } from '../../backend/test/support/real-machines';
import { axeViolations } from './support/browser';
import { PortalSession } from './support/portal-session';

interface Request {
  readonly id: string;
  readonly status: string;
  readonly planDigest: string;
  readonly decisionReason: string | null;
  readonly executionId: string | null;
}

describe('a change in the portal, from its plan to its proof', () => {
  let session: PortalSession;
  let api: ApiClient;
  let jobs: MachineJobs;
  let page: Page;
  let errors: readonly string[];
  let machine: RealMachine;
  let id: string;

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const pack = (name: string) =>
    page.locator('su-transaction .pack', { has: page.locator('.name', { hasText: new RegExp(`^${name},`) }) });
  const installed = (name: string): string =>
    fleet('exec', machine.name, 'dpkg-query', '-W', '-f', '${Version}', name).trim();
  const request = (requestId: string): Promise<Request> => api.get<Request>(`/requests/${requestId}`);
  const sideways = (): Promise<number> => page.locator('main').evaluate((main) => main.scrollWidth - main.clientWidth);

  /** Plans what the mode of this name does, and waits for the page of the plan. @returns the request's id */
  async function plan(mode: string): Promise<string> {
    await page.goto(`${api.origin}/machines/${id}/updates`);
    await page.locator('.seg').getByRole('button', { name: mode }).click();
    await button('Plan update').click();
    await page.waitForURL(/\/requests\/[0-9a-f-]+$/, { timeout: 120_000 });
    await page.locator('su-transaction').waitFor();
    return page.url().split('/').at(-1) ?? '';
  }

  beforeAll(async () => {
    machine = at(realMachines(), 0);
    fleet('reset', machine.name);
    fleet('scenario', machine.name, 'plain', 'security', 'removal', 'held', 'slow-script');
    session = await PortalSession.open();
    ({ api, jobs, page, errors } = session);
    id = await api.enrol(machine);
    expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'ok' });
  }, 300_000);
  afterAll(async () => {
    fleet('reset', machine.name);
    await session.close();
  }, 120_000);

  it('plans a full upgrade, groups it, and asks for what it entails', async () => {
    const made = await plan('Full');
    const groups = await page.locator('su-transaction .heading b').allInnerTexts();
    expect(groups).toEqual(['Security', 'Removed', 'Other updates']);
    expect(await pack('fleet-guard').getAttribute('class')).toContain('is-security');
    expect(await pack('fleet-old').getAttribute('class')).toContain('is-failed');
    expect(await page.locator('su-left-back .pack', { hasText: 'fleet-held' }).innerText()).toContain('Held');
    expect(await page.locator('su-left-back header').innerText()).toContain('the mode “Full” leaves');
    expect(await page.locator('su-forecast .meter').count()).toBeGreaterThan(0);
    expect((await page.locator('su-digest .digest').getAttribute('title')) ?? '').toBe(
      (await request(made)).planDigest,
    );
    expect(await button(/Confirm and run now/).isDisabled()).toBe(true);
    expect(await axeViolations(page)).toEqual([]);
  }, 180_000);

  it('takes a plan back with a reason, which stays readable', async () => {
    const refused = page.url().split('/').at(-1) ?? '';
    await page.getByRole('link', { name: 'Requests', exact: false }).first().click();
    await page.locator('su-request-card').waitFor();
    expect(await page.locator('h1').innerText()).toBe('1 request waits for a decision.');
    expect(await axeViolations(page)).toEqual([]);
    await button(/^Withdraw:/).click();
    await page.fill('#reason', 'Not in office hours');
    expect(await axeViolations(page)).toEqual([]);
    await page.locator('.dialog').getByRole('button', { name: 'Withdraw', exact: true }).click();
    await page.getByText('No request waits for a decision.').waitFor();
    await page.locator('tr', { hasText: 'Not in office hours' }).getByRole('link').first().click();
    await page.locator('.notice', { hasText: 'This plan was refused' }).waitFor();
    expect(await button(/Confirm and run now/).count()).toBe(0);
    expect(await button('Make a new plan').isEnabled()).toBe(true);
    expect(await request(refused)).toMatchObject({ status: 'rejected', decisionReason: 'Not in office hours' });
    expect(installed('fleet-plain')).toBe('1.0');
  }, 120_000);

  it('confirms by key once everything is accepted, and proves on the page of the run what was changed', async () => {
    const confirmed = await plan('Full');
    for (const box of await page.locator('su-consequences input').all()) await box.check();
    const confirm = button(/Confirm and run now/);
    await eventually(
      () => confirm.isEnabled(),
      (on) => on,
    );
    // Not before the plan was on the screen for a second.
    await eventually(
      async () => {
        await page.keyboard.press('Control+Enter');
        return page.url();
      },
      (address) => address.includes('/runs/'),
    );
    const run = page.url().split('/').at(-1) ?? '';
    // A script that takes its time: how far the run is, and with which package, stands beside its step.
    const step = page.locator('su-step-list li.running', { hasText: 'Install' });
    await step.locator('.subject', { hasText: /^fleet-slow$/ }).waitFor();
    const percent = Number(await step.getByRole('progressbar').getAttribute('aria-valuenow'));
    expect([percent, percent > 0 && percent < 100]).toEqual([percent, true]);
    expect(await step.locator('.percent').innerText()).toBe(`${String(percent)}%`);
    expect(await axeViolations(page)).toEqual([]);
    expect(await jobs.ended({ id: run }, 180_000)).toMatchObject({ status: 'ok', errorKind: null });
    await page.locator('.proof li', { hasText: 'Packages' }).waitFor();
    const proof = await page.locator('.proof li', { hasText: 'Packages' }).innerText();
    expect(proof).toMatch(/(\d+) of \1 as planned/);
    expect(installed('fleet-plain')).toBe('1.1');
    const row = page.locator('su-change-result .pack', { hasText: 'fleet-plain' });
    expect(await row.textContent()).toMatch(/1\.0\s*→\s*to\s*1\.1[^]*As planned/);
    expect(await axeViolations(page)).toEqual([]);
    const log = page.locator('.proof').getByRole('link', { name: 'Download' });
    await log.waitFor();
    const kept = await page.evaluate(
      async (address) => (await fetch(address)).text(),
      (await log.getAttribute('href')) ?? '',
    );
    expect(kept).toContain('fleet-plain');
    expect(await request(confirmed)).toMatchObject({ status: 'executed', executionId: run });
    await page.getByRole('link', { name: 'The confirmed plan' }).click();
    await page.locator('.notice', { hasText: 'This plan was carried out' }).waitFor();
  }, 300_000);

  it('says when nothing is to be changed any more', async () => {
    await page.goto(`${api.origin}/machines/${id}/updates`);
    await page.locator('.seg').getByRole('button', { name: 'Upgrade' }).click();
    await button('Plan update').click();
    await page.getByText('Nothing to change.').waitFor({ timeout: 120_000 });
    expect(page.url()).toContain('/updates');
  }, 180_000);

  it('holds its shape on a phone, in French and in the dark', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await api.put('/me/preferences/language', { value: 'fr' });
    for (const address of ['/requests', new URL(page.url()).pathname]) {
      await page.goto(`${api.origin}${address}`);
      await page.locator('h1').waitFor();
      expect([address, await sideways()]).toEqual([address, 0]);
      expect(await axeViolations(page)).toEqual([]);
    }
    expect(errors).toEqual([]);
  }, 120_000);
});
