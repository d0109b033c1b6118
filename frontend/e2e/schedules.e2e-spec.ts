import type { Page } from 'playwright-core';
import type { ApiClient } from '../../backend/test/support/api-client';
import { at } from '../../backend/test/support/at';
import { eventually } from '../../backend/test/support/eventually';
import type { MachineJobs } from '../../backend/test/support/machine-jobs';
import { fleet, realMachines, type RealMachine } from '../../backend/test/support/real-machines';
import { axeViolations, sidewaysElements } from './support/browser';
import { PortalSession } from './support/portal-session';

interface Run {
  readonly status: string;
  readonly okCount: number | null;
}

describe('schedules, in the portal and on a real machine', () => {
  let session: PortalSession;
  let api: ApiClient;
  let jobs: MachineJobs;
  let page: Page;
  let machine: RealMachine;

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const version = (): string => fleet('exec', machine.name, 'dpkg-query', '-W', '-f', '${Version}', 'fleet-plain');
  /** Starts the schedule that is open, and waits for the end of that run. */
  const runNow = async (): Promise<Run> => {
    await button('Run now').click();
    await page.waitForURL(/\/schedules\/runs\//);
    const id = page.url().split('/').at(-1) ?? '';
    const goesOn = ['queued', 'running'];
    return eventually(
      () => api.get<Run>(`/schedule-occurrences/${id}`),
      ({ status }) => !goesOn.includes(status),
      170_000,
    );
  };

  beforeAll(async () => {
    machine = at(realMachines(), 0);
    fleet('reset', machine.name);
    fleet('scenario', machine.name, 'plain');
    session = await PortalSession.open();
    ({ api, jobs, page } = session);
    const id = await api.enrol(machine);
    expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'ok' });
  }, 300_000);
  afterAll(async () => {
    expect(session.errors).toEqual([]);
    fleet('reset', machine.name);
    await session.close();
  }, 120_000);

  it('is made with what it means shown beforehand: times, machines, and that it means all of them', async () => {
    await page.goto(`${api.origin}/schedules`);
    await page.getByText('Nothing runs by itself yet').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('link', { name: 'Add the first schedule' }).click();
    await page.fill('#schedule-name', 'Night analysis');
    await page.getByText('Five fields', { exact: true }).click();
    await page.fill('#recurrence-cron', '0 2 30 2 *');
    await page.locator('.preview .wrong').waitFor();
    await page.getByText('Weekly', { exact: true }).click();
    await page.locator('.preview li').nth(4).waitFor();
    await page.getByText('Choose machines, tags or the whole fleet.').waitFor();
    await page.getByLabel('Whole fleet').check();
    await page.getByText('1 of 1 machine').waitFor();
    expect(await button('Save schedule').isDisabled()).toBe(true);
    await page.getByLabel(/The one machine is meant/).check();
    expect(await axeViolations(page)).toEqual([]);
    await button('Save schedule').click();
    await page.waitForURL(/\/schedules\/[0-9a-f-]+$/);
    await page.getByText('Not due yet').waitFor();
    expect(await page.locator('.facts li').count()).toBe(5);
    expect(await axeViolations(page)).toEqual([]);
  });

  it('is run by hand, and its run says what became of each machine', async () => {
    expect(await runNow()).toMatchObject({ status: 'ok', okCount: 1 });
    await page.locator('.page-head .chip', { hasText: 'Done' }).waitFor();
    await page.locator('tbody tr', { hasText: machine.name }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('changes a machine only by a policy, and exactly within it', async () => {
    await page.goto(`${api.origin}/schedules/new`);
    await page.fill('#schedule-name', 'Night updates');
    await page.getByLabel('Action 1').selectOption({ label: 'Update' });
    await page.getByText('May change by itself').waitFor();
    await page.getByText('Updates of every archive').click();
    await page.fill('#policy-excluded', 'linux-image-*');
    await page.getByLabel('Whole fleet').check();
    await page.getByLabel(/The one machine is meant/).check();
    expect(await axeViolations(page)).toEqual([]);
    await button('Save schedule').click();
    await page.waitForURL(/\/schedules\/[0-9a-f-]+$/);
    await page.getByText(/updates of every archive, never linux-image-\*, no new packages and no removals/).waitFor();
    expect(await runNow()).toMatchObject({ status: 'ok', okCount: 1 });
    expect(version()).toBe('1.1');
  });

  it('stands in the list and in the calendar, in French, in the dark and on a phone too', async () => {
    await page.goto(`${api.origin}/schedules/calendar`);
    await page.locator('.day a', { hasText: 'Night updates' }).first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await api.put('/me/preferences/language', { value: 'fr' });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    for (const [path, heading] of [
      ['/schedules', 'Planifications'],
      ['/schedules/calendar', 'Calendrier'],
      ['/schedules/new', 'Ajouter une planification'],
    ] as const) {
      await page.goto(`${api.origin}${path}`);
      await page.locator('h1', { hasText: heading }).waitFor();
      await page.locator('su-loading-note').waitFor({ state: 'detached' });
      expect(await sidewaysElements(page)).toEqual([]);
      expect(await axeViolations(page)).toEqual([]);
    }
    await page.goto(`${api.origin}/schedules`);
    await button('Désactiver Night updates').click();
    await page.getByText(/Ce qui a commencé continue/).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await button('Désactiver Night updates').click();
    await page.getByText('Désactivée').waitFor();
  });
});
