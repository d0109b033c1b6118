import type { Page } from 'playwright-core';
import { at } from '../../backend/test/support/at';
import type { ApiClient } from '../../backend/test/support/api-client';
import { eventually } from '../../backend/test/support/eventually';
import type { MachineJobs } from '../../backend/test/support/machine-jobs';
import { fleet, systemdMachines, type RealMachine } from '../../backend/test/support/real-machines';
import { axeViolations } from './support/browser';
import { PortalSession } from './support/portal-session';

const OLD_KERNEL = '6.1.0-1-fleet';
const NEW_KERNEL = '6.1.0-2-fleet';

describe('a reboot in the portal, from the machine that needs it to its proof', () => {
  let session: PortalSession;
  let api: ApiClient;
  let jobs: MachineJobs;
  let page: Page;
  let errors: readonly string[];
  let machine: RealMachine;
  let id: string;

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const sideways = (): Promise<number> => page.locator('main').evaluate((main) => main.scrollWidth - main.clientWidth);
  const cell = (title: string) =>
    page.locator('.proof li', { has: page.locator('.what', { hasText: title }) }).innerText();

  beforeAll(async () => {
    machine = at(systemdMachines(), 1);
    fleet('reset', machine.name);
    fleet('scenario', machine.name, 'kernel-not-booted');
    session = await PortalSession.open();
    ({ api, jobs, page, errors } = session);
    id = await api.enrol(machine);
    expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ attempt: 1 });
  }, 300_000);
  afterAll(async () => {
    fleet('reset', machine.name);
    await session.close();
  }, 120_000);

  it('is offered where it is needed, and leads to a plan that says what would happen', async () => {
    await page.goto(`${api.origin}/machines/${id}/updates`);
    const notice = page.locator('.notice', { hasText: 'A reboot is needed' });
    await notice.waitFor();
    expect(await notice.innerText()).toContain(`Kernel ${OLD_KERNEL} is running, ${NEW_KERNEL} is installed.`);
    expect(await axeViolations(page)).toEqual([]);
    await notice.getByRole('button', { name: 'Plan a reboot' }).click();
    await page.waitForURL(/\/requests\/[0-9a-f-]+$/, { timeout: 120_000 });
    const plan = page.locator('su-reboot-plan dl');
    await plan.waitFor();
    const text = await plan.innerText();
    expect(text).toMatch(new RegExp(`Kernel now\\s+${OLD_KERNEL}`));
    expect(text).toMatch(new RegExp(`Kernel afterwards\\s+${NEW_KERNEL}`));
    expect(text).toMatch(/up to 10\s+min of silence/);
    await page.getByText('Exactly what is confirmed').click();
    expect(await page.locator('su-reboot-plan li').allInnerTexts()).toContain(`kernel running ${OLD_KERNEL}`);
    expect(await axeViolations(page)).toEqual([]);
  }, 180_000);

  it('is confirmed, followed while the machine is away, and proven', async () => {
    const confirm = button(/Confirm and run now/);
    await eventually(
      () => confirm.isEnabled(),
      (on) => on,
    );
    await confirm.click();
    await page.waitForURL(/\/runs\//);
    await page.locator('su-step-list li', { hasText: 'Wait for its return' }).waitFor();
    const run = page.url().split('/').at(-1) ?? '';
    expect(await jobs.ended({ id: run }, 120_000)).toMatchObject({ status: 'ok', errorKind: null });
    await page.locator('.proof li', { hasText: 'Outcome' }).waitFor();
    expect(await cell('Outcome')).toContain('Verified');
    expect(await cell('Kernel')).toContain(NEW_KERNEL);
    expect(await cell('Failed units')).toContain('None new');
    expect(await page.locator('su-json-tree').count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
  }, 180_000);

  it('is not asked for any more, but can be planned by hand', async () => {
    const { pathname } = new URL(page.url());
    await page.goto(`${api.origin}/machines/${id}/updates`);
    await eventually(
      async () => (await jobs.tile(id)).apt.rebootRequired,
      (required) => required === false,
    );
    await page.locator('su-facts', { hasText: NEW_KERNEL }).waitFor();
    expect(await page.locator('.notice', { hasText: 'reboot' }).count()).toBe(0);
    await button(`Actions for ${machine.name}`).click();
    await page.getByRole('menuitem', { name: 'Plan a reboot' }).click();
    await page.locator('.notice', { hasText: 'A reboot was asked for by hand' }).waitFor();
    await page.getByRole('menu').waitFor({ state: 'detached' });
    expect(await axeViolations(page)).toEqual([]);
    await page.goto(`${api.origin}${pathname}`);
  }, 120_000);

  it('holds its shape on a phone, in French and in the dark', async () => {
    const run = new URL(page.url()).pathname;
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await api.put('/me/preferences/language', { value: 'fr' });
    await page.goto(`${api.origin}${run}`);
    await page.locator('.proof li', { hasText: 'Issue' }).waitFor();
    expect(await cell('Issue')).toContain('Vérifié');
    const plan = (await page.locator('a[href^="/requests/"]').first().getAttribute('href')) ?? '';
    for (const address of [run, plan]) {
      await page.goto(`${api.origin}${address}`);
      await page.locator('h1').waitFor();
      expect([address, await sideways()]).toEqual([address, 0]);
      expect(await axeViolations(page)).toEqual([]);
    }
    expect(errors).toEqual([]);
  }, 120_000);
});
