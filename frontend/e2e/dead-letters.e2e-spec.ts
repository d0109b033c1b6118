import type { Page } from 'playwright-core';
import { insertMachine, insertRow } from '../../backend/test/support/insert-row';
import { newId } from '../../backend/src/kernel/database/ids';
import type { ApiClient } from '../../backend/test/support/api-client';
import { axeViolations, sidewaysElements } from './support/browser';
import { PortalSession } from './support/portal-session';

describe('dead letters in the portal', () => {
  let session: PortalSession;
  let api: ApiClient;
  let page: Page;
  const machines: string[] = [];
  const button = (name: string | RegExp) => page.getByRole('button', { name });

  async function insertLetter(machineId: string, columns: Record<string, unknown> = {}): Promise<void> {
    const at = new Date(Date.now() - 60_000);
    await insertRow(session.dataSource, 'jobs', {
      id: newId(),
      kind: 'machine_probe',
      machine_id: machineId,
      status: 'error',
      error_kind: 'worker_lost',
      error_message: 'The worker that ran this job disappeared before it ended.',
      requested_by_type: 'user',
      requested_by_name: 'Ada',
      attempt: 1,
      created_at: at,
      started_at: at,
      finished_at: at,
      died_at: at,
      ...columns,
    });
  }

  beforeAll(async () => {
    session = await PortalSession.open();
    ({ api, page } = session);
    // Nobody can work on them: they have no credentials.
    for (const name of ['web-a', 'web-b', 'web-c'])
      machines.push(await insertMachine(session.dataSource, { name, status: 'active' }));
  }, 300_000);
  afterAll(async () => {
    expect(session.errors).toEqual([]);
    await session.close();
  }, 120_000);

  it('says where there are none what would stand here', async () => {
    await page.goto(`${api.origin}/activity`);
    await page.getByText('No dead letters.').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('shows them by the class of their error, with what to do, on a phone too', async () => {
    for (const machineId of machines) await insertLetter(machineId);
    await insertLetter(machines[0] ?? '', {
      kind: 'apt_upgrade',
      request_id: newId(),
      error_kind: 'connection_lost',
      error_message: 'The connection to the machine was lost.',
    });
    await page.reload();
    await page.getByText('3 jobs on 3 machines').waitFor();
    await page.getByText('1 job on 1 machine').waitFor();
    await page.getByRole('link', { name: /Activity.*4 jobs ended without a result/ }).waitFor();
    // Each of them once, when its class has been read.
    await button(/^Run .* on web-a again$/).waitFor();
    await button(/^Plan again: .* on web-a$/).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await sidewaysElements(page)).toEqual([]);
    expect(await axeViolations(page)).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('dismisses one with the keyboard, and the list and the count follow', async () => {
    await button(/^Dismiss .* on web-c$/).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Dismiss 1 job on 1 machine' }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.locator('.dialog').getByRole('button', { name: 'Dismiss' }).click();
    await page.getByText('1 job was dismissed.').waitFor();
    await page.getByText('2 jobs on 2 machines').waitFor();
  });

  it('starts all of a class again after saying on how many machines; those that cannot stay, with the reason', async () => {
    await button('Run all 2 again')
      .or(button(/^Run all again: .*(worker|Worker).*/))
      .first()
      .click();
    await page.getByRole('heading', { name: 'Run 2 jobs on 2 machines again' }).waitFor();
    await button('Run again on 2 machines').click();
    await page.getByText('No job was started again.').waitFor();
    await page.getByText('2 jobs stay here: No credentials are stored for the machine.').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('hears of what somebody else has dealt with, without a reload', async () => {
    await api.post('/jobs/dead-letters/dismiss', { errorKind: 'worker_lost' });
    await page.getByText('2 jobs on 2 machines').waitFor({ state: 'detached' });
    await page.getByText('1 job on 1 machine').waitFor();
  });
});
