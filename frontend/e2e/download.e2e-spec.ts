import type { Page } from 'playwright-core';
import type { ApiClient } from '../../backend/test/support/api-client';
import { at } from '../../backend/test/support/at';
import { Changes } from '../../backend/test/support/changes';
import type { MachineJobs } from '../../backend/test/support/machine-jobs';
import { fleet, realMachines, type RealMachine } from '../../backend/test/support/real-machines';
import { prepare } from '../../backend/test/support/upgrades';
import { axeViolations, sidewaysElements } from './support/browser';
import { PortalSession } from './support/portal-session';

describe('what only archives tell, in the portal', () => {
  let session: PortalSession;
  let api: ApiClient;
  let jobs: MachineJobs;
  let page: Page;
  let errors: readonly string[];
  let machine: RealMachine;
  let id: string;

  const forecast = (words: string) => page.locator('su-forecast li', { hasText: words });

  beforeAll(async () => {
    machine = at(realMachines(), 0);
    fleet('reset', machine.name);
    prepare(machine, 'conffile-question', 'news');
    session = await PortalSession.open();
    ({ api, jobs, page, errors } = session);
    id = await api.enrol(machine);
  }, 300_000);
  afterAll(async () => {
    await session.close();
    fleet('reset', machine.name);
  }, 120_000);

  it('is not yet known, and known after the download that the plan offers', async () => {
    const { id: first } = await new Changes(api, jobs).plan(id, 'apt_upgrade');
    await page.goto(`${api.origin}/requests/${first}`);
    await forecast('News from packagers: not yet known').waitFor();
    expect(await forecast('Questions about configuration files: not yet known').count()).toBe(1);
    expect(await page.locator('su-package-news').count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);

    await page.getByRole('button', { name: 'Download now' }).click();
    await page.waitForURL((url) => /\/requests\//.test(url.pathname) && !url.pathname.endsWith(first), {
      timeout: 120_000,
    });
    await forecast('2 news entries from packagers').waitFor();
    expect(await forecast('1 question about a configuration file').innerText()).toContain('/etc/fleet-conffile.conf');
    expect(await page.locator('su-package-news').innerText()).toMatch(/fleet-news 2\.0[^]*breaks with what was before/);
    expect(await page.getByRole('button', { name: 'Download now' }).count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
  }, 240_000);

  it('stands in the result too, with what the new configuration file would change', async () => {
    await page.getByRole('button', { name: /Confirm and run now/ }).click();
    await page.waitForURL(/\/runs\//);
    expect(await jobs.ended({ id: page.url().split('/').at(-1) ?? '' }, 180_000)).toMatchObject({ status: 'warning' });
    const changed = page.locator('su-change-result section', { hasText: 'New versions of configuration files' });
    await changed.waitFor();
    expect(await changed.locator('pre').innerText()).toContain('-local = edit');
    expect(await page.locator('su-change-result su-package-news').innerText()).toContain('fleet-news 1.5');
    expect(await axeViolations(page)).toEqual([]);
  }, 240_000);

  it('holds its shape on a phone, in French and in the dark', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await api.put('/me/preferences/language', { value: 'fr' });
    await page.reload();
    await page.getByRole('heading', { name: 'Nouvelles des empaqueteurs' }).waitFor();
    expect(await sidewaysElements(page)).toEqual([]);
    expect(await axeViolations(page)).toEqual([]);
    expect(errors).toEqual([]);
  }, 120_000);
});
