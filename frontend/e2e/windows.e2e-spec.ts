import type { Page } from 'playwright-core';
import type { ApiClient } from '../../backend/test/support/api-client';
import { at } from '../../backend/test/support/at';
import type { MachineJobs } from '../../backend/test/support/machine-jobs';
import { fleet, realMachines, type RealMachine } from '../../backend/test/support/real-machines';
import { axeViolations, sidewaysElements } from './support/browser';
import { PortalSession } from './support/portal-session';

describe('maintenance windows, in the portal and on a real machine', () => {
  let session: PortalSession;
  let api: ApiClient;
  let jobs: MachineJobs;
  let page: Page;
  let machine: RealMachine;
  let id: string;

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const row = (name: string) => page.locator('tbody tr', { hasText: name });
  const version = (): string => fleet('exec', machine.name, 'dpkg-query', '-W', '-f', '${Version}', 'fleet-plain');
  const chooseOnMenu = async (window: string, item: string): Promise<void> => {
    await button(`Actions for ${window}`).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  /** Another moment of the day: a window of an hour that opens so many hours from now, each day. */
  const timeIn = (hours: number): string => {
    const then = new Date(Date.now() + hours * 3_600_000);
    return `${String(then.getHours()).padStart(2, '0')}:${String(then.getMinutes()).padStart(2, '0')}`;
  };
  const plan = async (): Promise<void> => {
    const started = await api.post<{ id: string }>(`/machines/${id}/actions/apt_upgrade_plan`);
    expect(await jobs.ended(started)).toMatchObject({ status: 'ok' });
    const { requestId } = await api.get<{ requestId: string }>(`/jobs/${started.id}`);
    await page.goto(`${api.origin}/requests/${requestId}`);
    await page.locator('su-transaction').waitFor();
  };

  beforeAll(async () => {
    machine = at(realMachines(), 0);
    fleet('reset', machine.name);
    fleet('scenario', machine.name, 'plain');
    session = await PortalSession.open();
    ({ api, jobs, page } = session);
    id = await api.enrol(machine);
    expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'ok' });
  }, 300_000);
  afterAll(async () => {
    expect(session.errors).toEqual([]);
    fleet('reset', machine.name);
    await session.close();
  }, 120_000);

  it('says what a window is while there is none, and shows the next openings before one is saved', async () => {
    await page.goto(`${api.origin}/schedules/windows`);
    await page.getByText('No maintenance window yet').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await button('Add the first window').click();
    await page.fill('#window-name', 'Nights');
    await page.getByText('Five fields', { exact: true }).click();
    await page.fill('#recurrence-cron', '0 2 30 2 *');
    await page.getByText('names a date that no calendar has').waitFor();
    await page.getByText('Weekly', { exact: true }).click();
    await page.fill('#recurrence-time', timeIn(3));
    await page.selectOption('#window-length', { label: '1 h' });
    await page.locator('.openings li').nth(4).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await button('Save window').click();
    await row('Nights').waitFor();
    expect(await row('Nights').innerText()).toMatch(/Closed[^]*Whole fleet[^]*Every day at \d\d:\d\d[^]*1\sh/);
    expect(await axeViolations(page)).toEqual([]);
  });

  it('lets nothing begin outside it: the confirmed plan waits, and begins when the window opens', async () => {
    await plan();
    await page.getByText(/The window Nights opens .*: it begins then\./).waitFor();
    await page.getByText(/It should take 3.min; not all of it has been run before\./).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await button(/Confirm, run in the window/).click();
    await page.waitForURL(/\/runs\//);
    const job = page.url().split('/').at(-1) ?? '';
    await page
      .getByText(/waits for the window Nights/)
      .first()
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
    // Reading goes on: what was asked later has passed the plan that waits.
    expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'ok' });
    expect(await api.get(`/jobs/${job}`)).toMatchObject({ status: 'queued', windowName: 'Nights' });
    expect(version()).toBe('1.0');
    await page.goto(`${api.origin}/schedules/windows`);
    await chooseOnMenu('Nights', 'Change window');
    await page.fill('#recurrence-time', timeIn(0));
    await button('Save window').click();
    await row('Open now').waitFor();
    expect(await jobs.ended({ id: job }, 170_000)).toMatchObject({ status: 'ok', windowName: 'Nights' });
    expect(version()).toBe('1.1');
  });

  it('lets a change begin outside it for a reason, which stays in the audit', async () => {
    fleet('reset', machine.name);
    fleet('scenario', machine.name, 'plain');
    expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'ok' });
    await chooseOnMenu('Nights', 'Change window');
    await page.fill('#recurrence-time', timeIn(5));
    await button('Save window').click();
    await row('Closed').waitFor();
    await plan();
    await page.getByText(/it should take .*, as it did here before/i).waitFor();
    await button('Begin now all the same').click();
    await page.fill('#reason', 'The shop is down');
    expect(await axeViolations(page)).toEqual([]);
    await page.locator('.dialog').getByRole('button', { name: 'Begin now all the same' }).click();
    await page.waitForURL(/\/runs\//);
    const job = page.url().split('/').at(-1) ?? '';
    expect(await jobs.ended({ id: job }, 170_000)).toMatchObject({ status: 'ok' });
    expect(version()).toBe('1.1');
    await page.goto(`${api.origin}/audit`);
    await page.locator('tbody tr', { hasText: 'Begun outside the maintenance window' }).waitFor();
  });

  it('lets what waits for it begin now, for a reason', async () => {
    fleet('reset', machine.name);
    fleet('scenario', machine.name, 'plain');
    expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'ok' });
    await plan();
    await button(/Confirm, run in the window/).click();
    await page.waitForURL(/\/runs\//);
    const job = page.url().split('/').at(-1) ?? '';
    await page.getByRole('button', { name: 'Begin now all the same' }).click();
    await page.fill('#reason', 'The shop is down again');
    await page.locator('.dialog').getByRole('button', { name: 'Begin now all the same' }).click();
    expect(await jobs.ended({ id: job }, 170_000)).toMatchObject({
      status: 'ok',
      windowOverride: 'The shop is down again',
    });
    expect(version()).toBe('1.1');
  });

  it('is turned off and removed, in French, in the dark and on a phone', async () => {
    await api.put('/me/preferences/language', { value: 'fr' });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`${api.origin}/schedules/windows`);
    await row('Nights').waitFor();
    expect(await page.locator('h1').innerText()).toBe('Fenêtres de maintenance');
    expect(await sidewaysElements(page)).toEqual([]);
    expect(await axeViolations(page)).toEqual([]);
    await button(/Nights/).click();
    await page.getByRole('menuitem', { name: 'Désactiver' }).click();
    await page.getByText(/Sans la fenêtre Nights, ses machines suivent/).waitFor();
    await button('Désactiver Nights').click();
    await row('Désactivée').waitFor();
    await button(/Nights/).click();
    await page.getByRole('menuitem', { name: 'Supprimer la fenêtre' }).click();
    await page.getByText(/Sans la fenêtre Nights, ses machines suivent/).waitFor();
    // The menu takes a moment to close.
    await page.locator('.mat-mdc-menu-panel').waitFor({ state: 'detached' });
    expect(await axeViolations(page)).toEqual([]);
    await button('Supprimer Nights').click();
    await page.getByText('Pas encore de fenêtre de maintenance').waitFor();
  });
});
