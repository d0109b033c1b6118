import type { Page } from 'playwright-core';
import type { ApiClient } from '../../backend/test/support/api-client';
import { at } from '../../backend/test/support/at';
import { eventually } from '../../backend/test/support/eventually';
import { insertRow } from '../../backend/test/support/insert-row';
import type { Job, MachineJobs } from '../../backend/test/support/machine-jobs';
import { fleet, realMachines, type RealMachine } from '../../backend/test/support/real-machines';
import { prepare, versionOf } from '../../backend/test/support/upgrades';
import { newId } from '../../backend/src/kernel/database/ids';
import { axeViolations, sidewaysElements } from './support/browser';
import { PortalSession } from './support/portal-session';

interface Request {
  readonly id: string;
  readonly status: string;
  readonly planning: number;
}

describe('one request for several machines, in the portal and on real machines', () => {
  let session: PortalSession;
  let api: ApiClient;
  let jobs: MachineJobs;
  let page: Page;
  let machines: RealMachine[];
  const ids: string[] = [];

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const row = (index: number) => page.locator('su-request-targets li', { hasText: at(machines, index).name });
  const request = (id: string): Promise<Request> => api.get<Request>(`/requests/${id}`);
  /** Planned on all of them, and shown. @returns the request's id */
  const ask = async (): Promise<string> => {
    const { id } = await api.post<Request>('/actions/apt_upgrade/plan', { machineIds: ids });
    await eventually(
      () => request(id),
      ({ planning }) => planning === 0,
      120_000,
    );
    await page.goto(`${api.origin}/requests/${id}`);
    await page.locator('su-request-targets').waitFor();
    return id;
  };
  /** Open for an hour each day, five hours from now. */
  const addWindow = (name: string, index: number): Promise<unknown> => {
    const then = new Date(Date.now() + 5 * 3_600_000);
    const cron = `${String(then.getUTCMinutes())} ${String(then.getUTCHours())} * * *`;
    const opens = { cron, timezone: 'UTC', durationMinutes: 60, enabled: true };
    return api.post('/maintenance-windows', { name, ...opens, scope: 'machine', machineId: at(ids, index) });
  };
  const hasTaken = async (index: number, minutes: number): Promise<void> => {
    const started_at = new Date(Date.now() - 10_000_000);
    const times = {
      created_at: started_at,
      started_at,
      finished_at: new Date(started_at.getTime() + minutes * 60_000),
    };
    const job = { id: newId(), machine_id: at(ids, index), kind: 'apt_upgrade', status: 'ok', ...times };
    await insertRow(session.dataSource, 'jobs', job);
  };

  beforeAll(async () => {
    machines = realMachines().slice(0, 3);
    session = await PortalSession.open();
    ({ api, jobs, page } = session);
    for (const machine of machines) {
      fleet('reset', machine.name);
      prepare(machine, 'plain');
      ids.push(await api.enrol(machine));
    }
  }, 300_000);
  afterAll(async () => {
    expect(session.errors).toEqual([]);
    for (const { name } of machines) fleet('reset', name);
    await session.close();
  }, 120_000);

  it('leads to the whole plan of each machine, and back', async () => {
    await ask();
    await row(1)
      .getByRole('link', { name: /The whole plan of/ })
      .click();
    await page.waitForURL(/\/requests\/[0-9a-f-]+\/machines\/[0-9a-f-]+$/);
    await page.locator('su-transaction .pack', { hasText: 'fleet-plain' }).waitFor();
    expect(await page.locator('su-forecast .meter').count()).toBeGreaterThan(0);
    expect(await page.locator('su-checks li').count()).toBeGreaterThan(0);
    expect(await page.locator('h1').innerText()).toContain(at(machines, 1).name);
    expect(await button(/Confirm/).count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('link', { name: 'To the request with all its machines' }).click();
    await page.locator('su-request-targets').waitFor();
  }, 180_000);

  it('says where the change waits for a window, and where no window will ever do', async () => {
    await addWindow('Nights', 1);
    await addWindow('Moments', 2);
    // An upgrade of one took two hours; the fleet's, by which others are judged, hardly ever do.
    await hasTaken(2, 120);
    for (let quick = 0; quick < 20; quick += 1) await hasTaken(0, 1);
    await page.reload();
    await page.getByText(/1 machine waits for its maintenance window; it opens/).waitFor();
    await page.getByText(/On 1 machine no window is long enough: it is left out\./).waitFor();
    expect(await row(0).innerText()).not.toContain('window');
    expect(await row(1).innerText()).toMatch(/The window Nights opens .*: it begins then\./);
    expect(await row(2).innerText()).toMatch(
      /No window is long enough[^]*It is left out when the request is confirmed\./,
    );
    expect(await button(/Confirm, run in the window/).isEnabled()).toBe(true);
    expect(await axeViolations(page)).toEqual([]);
  }, 120_000);

  it('goes on without a machine that has a newer plan, and tells the difference to the plan before', async () => {
    const older = page.url().split('/').at(-1) ?? '';
    fleet('scenario', at(machines, 0).name, 'plain', 'security');
    fleet('exec', at(machines, 0).name, 'apt-get', '-q', 'update');
    const started = await api.post<Job>(`/machines/${at(ids, 0)}/actions/apt_upgrade_plan`);
    expect(await jobs.ended(started)).toMatchObject({ status: 'ok' });
    await page.getByRole('heading', { name: '1 machine is left out' }).waitFor();
    expect(await row(0).innerText()).toContain('Replaced by a newer plan.');
    const newer = await ask();
    await row(0)
      .getByRole('link', { name: /The whole plan of/ })
      .click();
    await page.locator('su-plan-difference').waitFor();
    expect(await request(older)).toMatchObject({ status: 'expired' });
    await page.goto(`${api.origin}/requests/${older}`);
    await page.getByText('Each of its machines has a newer plan, or needs none any more.').first().waitFor();
    await page.goto(`${api.origin}/requests/${newer}`);
  }, 240_000);

  it('holds its shape on a phone, in French and in the dark', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await api.put('/me/preferences/language', { value: 'fr' });
    const whole = new URL(page.url()).pathname;
    for (const address of [whole, `${whole}/machines/${at(ids, 1)}`]) {
      await page.goto(`${api.origin}${address}`);
      await page.locator('h1').waitFor();
      expect([address, await sidewaysElements(page)]).toEqual([address, []]);
      expect(await axeViolations(page)).toEqual([]);
    }
    await api.put('/me/preferences/language', { value: 'en' });
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${api.origin}${whole}`);
  }, 120_000);

  it('begins outside all windows for a reason, which stays in the audit of each machine that one holds back', async () => {
    await button('Begin now all the same').click();
    await page.fill('#reason', 'The shop is down');
    expect(await axeViolations(page)).toEqual([]);
    await page.locator('.dialog').getByRole('button', { name: 'Begin now all the same' }).click();
    await page.locator('.notice', { hasText: 'It was carried out on 3 of 3 machines.' }).waitFor({ timeout: 170_000 });
    for (const machine of machines) expect(versionOf(machine, 'fleet-plain')).toBe('1.1');
    const { items } = await api.get<{ items: { action: string; machineId: string | null }[] }>(
      '/audit?action=window.overridden',
    );
    expect(items.map(({ machineId }) => machineId).sort()).toEqual(ids.slice(1).sort());
  }, 240_000);
});
