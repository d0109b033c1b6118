import type { Page } from 'playwright-core';
import type { DataSource } from 'typeorm';
import type { ApiClient } from '../../backend/test/support/api-client';
import { queryRows } from '../../backend/src/kernel/database/rows';
import { at } from '../../backend/test/support/at';
import { eventually } from '../../backend/test/support/eventually';
import type { Job, MachineJobs } from '../../backend/test/support/machine-jobs';
import { fleet, realMachines, type RealMachine } from '../../backend/test/support/real-machines';
import { axeViolations, sidewaysElements } from './support/browser';
import { PortalSession } from './support/portal-session';

const REASON = 'The machine burnt down.';

interface Request {
  readonly id: string;
  readonly planDigest: string;
}

/** How a page is looked at. */
const looks = [
  ['in English, light, on a desk', { language: 'en', colorScheme: 'light', viewport: { width: 1440, height: 900 } }],
  ['in French, dark, on a phone', { language: 'fr', colorScheme: 'dark', viewport: { width: 390, height: 844 } }],
] as const;
type Look = (typeof looks)[number][1];

describe('changes that fail, in the portal', () => {
  let session: PortalSession;
  let dataSource: DataSource;
  let api: ApiClient;
  let jobs: MachineJobs;
  let page: Page;
  let errors: readonly string[];
  let machines: RealMachine[];

  const failure = () => page.locator('su-failure-notice');

  /** Plans an upgrade of everything on a fresh machine in a state, and confirms it. */
  async function change(machine: RealMachine, state: string, slowSeconds = 8): Promise<Job> {
    fleet('reset', machine.name);
    fleet('scenario', machine.name, state);
    fleet('exec', machine.name, 'sh', '-c', `echo ${String(slowSeconds)} >/etc/fleet-slow.seconds`);
    fleet('exec', machine.name, 'apt-get', 'update', '-q');
    const id = await api.enrol(machine);
    const plan = await api.post<Job>(`/machines/${id}/actions/apt_upgrade_plan`, { parameters: { mode: 'upgrade' } });
    expect(await jobs.ended(plan)).toMatchObject({ status: 'ok' });
    const { items } = await api.get<{ items: Request[] }>(`/requests?machineId=${id}`);
    const { id: request, planDigest: digest } = at(items, 0);
    return api.post<Job>(`/requests/${request}/confirm`, { digest, accepted: [] });
  }

  async function look({ language, colorScheme, viewport }: Look, run: Job): Promise<void> {
    await api.put('/me/preferences/language', { value: language });
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await page.goto(`${api.origin}/runs/${run.id}`);
    await page.locator(`html[lang=${language}] h1`).waitFor();
  }

  beforeAll(async () => {
    machines = realMachines().slice(0, 4);
    session = await PortalSession.open();
    ({ dataSource, api, jobs, page, errors } = session);
  }, 300_000);
  afterAll(async () => {
    await session.close();
    for (const { name } of machines) {
      fleet('start', name);
      fleet('reset', name);
    }
  }, 120_000);

  describe('an upgrade whose script fails', () => {
    let run: Job;

    beforeAll(async () => {
      run = await change(at(machines, 0), 'failing-script');
      expect(await jobs.ended(run)).toMatchObject({ status: 'error', errorKind: 'maintainer_script_failed' });
    }, 180_000);

    it.each(looks)('says so once, with its lines and the safe thing to do, %s', async (_name, how) => {
      await look(how, run);
      await page.locator('.proof').waitFor();
      await failure().first().waitFor();
      expect(await failure().count()).toBe(1);
      const { errorMessage } = await jobs.job(run.id);
      const text = await page.locator('main').innerText();
      const french = how.language === 'fr';
      expect(await failure().locator('b').first().innerText()).toBe(
        french ? 'Le script d’un paquet a échoué' : 'A package’s script failed',
      );
      expect(await failure().locator('pre').innerText()).toMatch(/^dpkg: error processing .*fleet-failing/m);
      expect(await failure().innerText()).toMatch(french ? /Que faire\u202f: \S/ : /What to do: \S/);
      // In the words of the reader, and nowhere a second time.
      const sentence = french ? 'Un script de fleet-failing a échoué' : (errorMessage ?? '');
      expect([sentence, text.split(sentence).length - 1]).toEqual([sentence, 1]);
      if (french) expect(await failure().locator('[lang=en]').count()).toBe(0);
      const row = page.locator('su-change-result .pack', { hasText: 'fleet-failing' });
      expect(await row.textContent()).toContain(french ? 'dpkg n’en a pas fini' : 'dpkg has not finished with it');
      expect(await page.locator('su-step-list li.failed b').allTextContents()).toEqual([
        french ? 'Installer, échouée' : 'Install, failed',
      ]);
      // What cannot be measured on this machine says why.
      expect(text).toContain(french ? 'Cette machine n’a pas systemd' : 'There is no systemd on this machine');
      await eventually(
        () => sidewaysElements(page),
        (elements) => elements.length === 0,
      );
      expect(await axeViolations(page)).toEqual([]);
    });
  });

  describe('the log of a run that has ended', () => {
    let run: Job;

    beforeAll(async () => {
      run = await change(at(machines, 3), 'plain');
      expect(await jobs.ended(run)).toMatchObject({ status: 'ok' });
      await eventually(
        () => api.get<{ reportId: string | null }>(`/executions/${run.id}`),
        ({ reportId }) => reportId !== null,
      );
    }, 180_000);

    it.each(looks)('says until when it is kept, and can be pinned and let go again, %s', async (_name, how) => {
      const french = how.language === 'fr';
      await look(how, run);
      const log = page.locator('su-kept-log');
      await log
        .getByText(french ? /^Jusqu’au .*\d{4}, puis il est supprimé/ : /^Until .*\d{4}, then it is deleted/)
        .waitFor();
      const press = async (name: string): Promise<void> => {
        await log.getByRole('button', { name }).focus();
        await page.keyboard.press('Enter');
      };
      await press(french ? 'Conserver sans limite' : 'Keep for good');
      await log.getByText(french ? /^Épinglé/ : /^Pinned/).waitFor();
      expect(await axeViolations(page)).toEqual([]);
      await eventually(
        () => sidewaysElements(page),
        (elements) => elements.length === 0,
      );
      await press(french ? 'Ne plus conserver sans limite' : 'Keep no longer for good');
      await log.getByText(french ? /^Jusqu’au / : /^Until /).waitFor();
    });

    it('is kept by who may change machines: each decision is in the audit, and a refusal is said', async () => {
      const rows = await queryRows(
        dataSource,
        `SELECT action, count(*)::int AS n FROM audit_log WHERE action LIKE 'artifact.%' GROUP BY action ORDER BY action`,
      );
      expect(rows).toEqual([
        { action: 'artifact.pinned', n: 2 },
        { action: 'artifact.unpinned', n: 2 },
      ]);
      await look(looks[0][1], run);
      await page.route('**/api/artifacts/*/pin', (route) =>
        route.fulfill({
          status: 410,
          contentType: 'application/problem+json',
          body: JSON.stringify({ status: 410, code: 'artifact_gone', title: 'Gone', detail: 'The file was removed.' }),
        }),
      );
      await page.locator('su-kept-log button').click();
      await page.locator('su-kept-log [role=alert]', { hasText: 'It was not changed' }).waitFor();
      await page.unroute('**/api/artifacts/*/pin');
    });
  });

  describe('a run that hangs in the script of a package', () => {
    let run: Job;

    beforeAll(async () => {
      // Longer than any test waits.
      run = await change(at(machines, 2), 'slow-script', 900);
      await eventually(
        () => jobs.log(run.id),
        (lines) => lines.some(({ text }) => text.includes('fleet-slow: step 2')),
      );
    }, 180_000);

    it.each([...looks].reverse())('is ended by force, once the name is typed, %s', async (_name, how) => {
      const french = how.language === 'fr';
      await look(how, run);
      await page.getByRole('button', { name: french ? /^Arrêter de force/ : /^End by force/ }).click();
      const dialog = page.getByRole('dialog');
      const act = dialog.locator('button.danger');
      await page.fill('#reason', REASON);
      await page.fill('#typed-name', 'another');
      expect(await act.isDisabled()).toBe(true);
      await page.fill('#typed-name', at(machines, 2).name);
      expect(await act.isDisabled()).toBe(false);
      expect(await axeViolations(page)).toEqual([]);
      expect(await sidewaysElements(page)).toEqual([]);
      if (french) {
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
        expect(await jobs.job(run.id)).toMatchObject({ status: 'running', forceRequested: false });
        return;
      }
      await act.click();
      await dialog.waitFor({ state: 'detached' });
      await failure().first().waitFor();
      expect(await page.locator('main').innerText()).toContain(REASON);
      await page.getByRole('button', { name: 'Plan the repair' }).waitFor();
      expect(await axeViolations(page)).toEqual([]);
    });
  });

  describe('a run whose machine never comes back', () => {
    let run: Job;

    beforeAll(async () => {
      const machine = at(machines, 1);
      run = await change(machine, 'slow-script');
      await eventually(
        () => jobs.log(run.id),
        (lines) => lines.some(({ text }) => text.includes('Setting up fleet-slow')),
      );
      fleet('stop', machine.name);
      await eventually(
        () => api.get<{ phase: string | null }>(`/jobs/${run.id}`),
        ({ phase }) => phase === 'reconciling',
      );
    }, 180_000);

    it('is not given up while its machine was heard of a short time ago', async () => {
      await look(looks[1][1], run);
      await page.getByRole('button', { name: /^Abandonner/ }).click();
      const dialog = page.getByRole('dialog', { name: /^Abandonner l’exécution sur / });
      const act = dialog.getByRole('button', { name: 'Abandonner l’exécution' });
      expect(await act.isDisabled()).toBe(true);
      await page.fill('#reason', '  \n ');
      expect(await act.isDisabled()).toBe(true);
      await page.fill('#reason', REASON);
      expect(await axeViolations(page)).toEqual([]);
      await act.click();
      await dialog.locator('[role=alert]', { hasText: 'outcome_still_awaited' }).waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      expect(await jobs.job(run.id)).toMatchObject({ status: 'running' });
    });

    it('is given up by an administrator, with a reason', async () => {
      await dataSource.query(`UPDATE jobs SET contact_at = contact_at - interval '31 minutes' WHERE id = $1`, [run.id]);
      await look(looks[0][1], run);
      await page.getByRole('button', { name: /^Give up/ }).click();
      const dialog = page.getByRole('dialog', { name: /^Give up the run on / });
      await dialog.locator('#reason').press('Tab');
      await page.fill('#reason', REASON);
      expect(await axeViolations(page)).toEqual([]);
      await dialog.getByRole('button', { name: 'Give the run up' }).click();
      await dialog.waitFor({ state: 'detached' });
      await failure().waitFor();
      expect(await jobs.job(run.id)).toMatchObject({ status: 'error', errorKind: 'outcome_unknown' });
    });

    it.each(looks)('says so once, with the reason, %s', async (_name, how) => {
      await look(how, run);
      await failure().first().waitFor();
      expect(await failure().count()).toBe(1);
      expect(await failure().locator('b').first().innerText()).toBe(
        how.language === 'fr' ? 'Abandonnée, issue inconnue' : 'Given up, outcome not known',
      );
      const text = await page.locator('main').innerText();
      expect(text.split(REASON).length - 1).toBe(1);
      expect(await page.locator('su-step-list li.running').count()).toBe(0);
      await eventually(
        () => sidewaysElements(page),
        (elements) => elements.length === 0,
      );
      expect(await axeViolations(page)).toEqual([]);
    });
  });

  it('logged no error in the browser', () => {
    expect(errors).toEqual([]);
  });
});
