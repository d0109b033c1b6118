import type { Page } from 'playwright-core';
import type { ApiClient } from '../../backend/test/support/api-client';
import { at } from '../../backend/test/support/at';
import { eventually } from '../../backend/test/support/eventually';
import type { MachineJobs } from '../../backend/test/support/machine-jobs';
import { fleet, realMachines, type RealMachine } from '../../backend/test/support/real-machines';
import { axeViolations } from './support/browser';
import { PortalSession } from './support/portal-session';

describe('changes of packages other than upgrades, in the portal', () => {
  let session: PortalSession;
  let api: ApiClient;
  let jobs: MachineJobs;
  let page: Page;
  let errors: readonly string[];
  let machine: RealMachine;
  let id: string;

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const updates = (): Promise<unknown> => page.goto(`${api.origin}/machines/${id}/updates`);
  const planned = async (): Promise<void> => {
    await page.waitForURL(/\/requests\/[0-9a-f-]+$/, { timeout: 120_000 });
    await page.locator('su-transaction').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  };
  /** Accepts what there is to accept, confirms, and waits for the end. */
  const confirmed = async (): Promise<void> => {
    for (const box of await page.locator('su-consequences input').all()) await box.check();
    await eventually(
      () => button(/Confirm and run now/).isEnabled(),
      (on) => on,
    );
    await button(/Confirm and run now/).click();
    await page.waitForURL(/\/runs\//);
    expect(await jobs.ended({ id: page.url().split('/').at(-1) ?? '' }, 180_000)).toMatchObject({ status: 'ok' });
    await page.locator('.proof').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  };

  /** The plan of a full upgrade, whatever stands against it. */
  const upgradePlan = async (): Promise<{ requestId: string }> => {
    const started = await api.post<{ id: string }>(`/machines/${id}/actions/apt_upgrade_plan`);
    expect(await jobs.ended(started)).toMatchObject({ status: 'ok' });
    return api.get<{ requestId: string }>(`/jobs/${started.id}`);
  };

  beforeAll(async () => {
    machine = at(realMachines(), 1);
    fleet('reset', machine.name);
    fleet('scenario', machine.name, 'plain', 'autoremovable');
    session = await PortalSession.open();
    ({ api, jobs, page, errors } = session);
    id = await api.enrol(machine);
    expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'ok' });
  }, 300_000);
  afterAll(async () => {
    fleet('reset', machine.name);
    await session.close();
  }, 120_000);

  it("holds a package from its row's menu, with a note, and tells of it on the updates tab", async () => {
    await updates();
    await button('Actions for fleet-plain').click();
    await page.getByRole('menuitem', { name: 'Hold this package' }).click();
    await page.fill('#hold-note', 'Waits for 1.2');
    await page.fill('#hold-day', '2099-01-01');
    expect(await axeViolations(page)).toEqual([]);
    await button('Plan the hold').click();
    await planned();
    expect(await page.locator('su-dialog-container, .dialog').count()).toBe(0);
    expect(await page.locator('su-transaction .effects').innerText()).toBe('hold fleet-plain 1.0');
    expect(await page.locator('su-plan-notes').innerText()).toContain('Waits for 1.2');
    await confirmed();
    expect(await page.locator('.proof li', { hasText: 'Packages' }).innerText()).toContain('1 of 1 as planned');
    expect(fleet('exec', machine.name, 'apt-mark', 'showhold').trim()).toBe('fleet-plain');
    await updates();
    const held = page.locator('su-holds li', { hasText: 'fleet-plain' });
    await held.waitFor();
    expect(await held.innerText()).toMatch(/Waits for 1\.2[^]*Held by .+[^]*To be looked at again on/);
    expect(await axeViolations(page)).toEqual([]);
  }, 240_000);

  it('lifts it from the list of holds', async () => {
    await button('Lift the hold of fleet-plain').click();
    await button('Plan to lift it').click();
    await planned();
    await confirmed();
    expect(fleet('exec', machine.name, 'apt-mark', 'showhold').trim()).toBe('');
  }, 240_000);

  it('removes what nothing needs', async () => {
    await updates();
    await button('Plan to remove them').click();
    await planned();
    expect(await page.locator('su-transaction .pack').innerText()).toContain('fleet-orphan');
    await confirmed();
    expect(await page.locator('su-change-result .pack', { hasText: 'fleet-orphan' }).textContent()).toContain(
      'As planned',
    );
  }, 240_000);

  it('offers the repair where an analysis finds something broken, and proves that it worked', async () => {
    fleet('scenario', machine.name, 'half-configured', 'security');
    fleet('exec', machine.name, 'apt-get', '-qq', 'update');
    expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'error' });
    // An upgrade is planned and blocked; it leads to the repair, as the analysis does.
    await updates();
    await button('Plan the repair').waitFor();
    const { requestId } = await upgradePlan();
    await page.goto(`${api.origin}/requests/${requestId}`);
    await button('Plan the repair').click();
    await page.waitForURL((url) => !url.pathname.endsWith(requestId), { timeout: 120_000 });
    await planned();
    expect(await page.locator('su-transaction .effects').innerText()).toBe('configure fleet-plain 1.1');
    expect(await page.locator('su-plan-notes pre').innerText()).toContain('fleet-plain');
    await confirmed();
    expect(await page.locator('.proof li', { hasText: 'Whole' }).innerText()).toContain('everything whole');
    expect(fleet('exec', machine.name, 'dpkg', '--audit').trim()).toBe('');
    await updates();
    await page.locator('su-repositories').waitFor();
    await eventually(
      () => button('Plan the repair').count(),
      (count) => count === 0,
      60_000,
    );
    expect(errors).toEqual([]);
  }, 240_000);

  it('holds its shape on a phone, in French and in the dark', async () => {
    fleet('exec', machine.name, 'apt-mark', 'hold', 'fleet-held');
    expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'ok' });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await api.put('/me/preferences/language', { value: 'fr' });
    await updates();
    await page.locator('su-holds').waitFor();
    expect(await page.locator('main').evaluate((main) => main.scrollWidth - main.clientWidth)).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
    expect(errors).toEqual([]);
  }, 120_000);
});
