import type { ApiClient } from '../support/api-client';
import type { Changes } from '../support/changes';
import { EnrolledMachines } from '../support/enrolled-machines';
import { eventually } from '../support/eventually';
import { SUITES } from '../support/kinds';
import type { Job, MachineJobs } from '../support/machine-jobs';
import { fleet, type RealMachine } from '../support/real-machines';
import { inventoryOf, prepare } from '../support/upgrades';

interface ArchivesTold {
  readonly conffile_questions: readonly { readonly package: string; readonly path: string }[] | null;
  readonly news: readonly { readonly package: string; readonly version: string; readonly text: string }[] | null;
}
type Plan = ArchivesTold & {
  readonly downloaded: boolean | null;
  readonly download_bytes: number;
  readonly file_systems: readonly { readonly mount: string; readonly needed_bytes: number }[];
};
interface Result extends ArchivesTold {
  readonly conffiles: readonly string[];
  readonly conffile_changes: readonly { readonly path: string; readonly difference: readonly string[] | null }[];
}

const CONFFILE = '/etc/fleet-conffile.conf';
const QUESTIONS = [{ package: 'fleet-conffile', path: CONFFILE }];

/** What only archives tell: not known before they are there, and then in the plan and in what the run reports. */
describe('a download before the plan is confirmed', () => {
  let pair: EnrolledMachines;
  let api: ApiClient;
  let jobs: MachineJobs;
  let changes: Changes;

  beforeAll(async () => {
    pair = await EnrolledMachines.open({ kinds: SUITES });
    ({ api, jobs, changes } = pair);
  }, 300_000);
  afterAll(() => pair.close(), 120_000);

  describe.each(SUITES)('on %s', (kind) => {
    const machine = (): RealMachine => pair.of(kind).machine;
    const id = (): string => pair.of(kind).id;
    const plan = async (): Promise<Plan> => (await changes.plan<Plan>(id(), 'apt_upgrade')).plan.details.document;
    const download = async (): Promise<Job> =>
      jobs.ended(await api.post<Job>(`/machines/${id()}/actions/apt_download`, { parameters: {} }));

    it('makes known which configuration files will be asked about, and the news since the installed versions', async () => {
      prepare(machine(), 'conffile-question', 'news');
      const before = inventoryOf(machine());
      const first = await plan();
      expect(first).toMatchObject({ downloaded: false, conffile_questions: null, news: null });
      expect(await download()).toMatchObject({ status: 'ok', errorKind: null });
      expect(inventoryOf(machine())).toBe(before);
      const { news, ...told } = await plan();
      expect(told).toMatchObject({ downloaded: true, conffile_questions: QUESTIONS });
      // What is there already needs no room any more.
      const needed = ({ file_systems }: Pick<Plan, 'file_systems'>): number =>
        file_systems.find(({ mount }) => mount === '/')?.needed_bytes ?? NaN;
      expect(needed(first) - needed(told)).toBe(first.download_bytes);
      expect(news?.map(({ package: name, version }) => `${name} ${version}`)).toEqual([
        'fleet-news 2.0',
        'fleet-news 1.5',
      ]);
      expect(news?.[0]?.text).toBe('  * Version 2.0 breaks with what was before.');
      // Nothing more is fetched, and nothing less is known.
      expect(await download()).toMatchObject({ status: 'ok' });
    }, 180_000);

    it('is in what the run reports, with what the new configuration file would change', async () => {
      const request = await changes.plan<Plan>(id(), 'apt_upgrade');
      const job = await changes.run(request);
      expect(job).toMatchObject({ status: 'warning', errorKind: null });
      const { result } = await api.get<{ result: { document: Result } }>(`/executions/${job.id}`);
      const { conffile_questions, news, conffiles, conffile_changes } = result.document;
      expect({ conffile_questions, conffiles }).toEqual({
        conffile_questions: QUESTIONS,
        conffiles: [`${CONFFILE}.dpkg-dist`],
      });
      expect(news?.map(({ version }) => version)).toEqual(['2.0', '1.5']);
      expect(conffile_changes.map(({ path }) => path)).toEqual([`${CONFFILE}.dpkg-dist`]);
      expect(conffile_changes[0]?.difference).toEqual(
        expect.arrayContaining(['-from_version = 1.0', '-local = edit', '+from_version = 1.1']),
      );

      const { reportId } = await eventually(
        () => api.get<{ reportId: string | null }>(`/executions/${job.id}`),
        (execution) => execution.reportId !== null,
      );
      const read = (query: string): Promise<string> => api.text(`/reports/${reportId ?? ''}?${query}`);
      const page = await read('format=html');
      expect(page).toMatch(/<h2>News<\/h2><table>.*Version 2\.0 breaks with what was before\..*fleet-news/s);
      const question = '<tr><td>/etc/fleet-conffile.conf</td><td>fleet-conffile</td></tr>';
      expect(page.split('<h2>Conffile questions</h2>')[1]?.split('</section>')[0]).toContain(question);
      const changed = page.split('<h2>Conffile changes</h2>')[1]?.split('</section>')[0];
      for (const words of [`${CONFFILE}.dpkg-dist`, '-local = edit', '+from_version = 1.1'])
        expect(changed).toContain(words);
      expect(await read('format=markdown')).toMatch(/^## News\n\n[^#]*Version 2\.0 breaks with what was before\./m);
      const french = await read('language=fr');
      expect(french.split('<h2>Questions sur des fichiers de configuration</h2>')[1]).toContain(question);
      expect(french).toMatch(/<h2>Nouvelles<\/h2><table>.*Version 2\.0 breaks with what was before\./s);
    }, 180_000);

    it('tells of the same without a download before: the run knows it once it has downloaded', async () => {
      fleet('reset', machine().name);
      prepare(machine(), 'conffile-question', 'news');
      fleet('exec', machine().name, 'chmod', '640', CONFFILE);
      const request = await changes.plan<Plan>(id(), 'apt_upgrade');
      expect(request.plan.details.document).toMatchObject({ downloaded: false, conffile_questions: null, news: null });
      const { id: run } = await changes.run(request);
      const { result } = await api.get<{ result: { document: Result } }>(`/executions/${run}`);
      expect(result.document).toMatchObject({
        conffile_questions: QUESTIONS,
        news: [{ version: '2.0' }, { version: '1.5' }],
        // Not everybody may read it, so it does not leave the machine.
        conffile_changes: [{ path: `${CONFFILE}.dpkg-dist`, difference: null }],
      });
    }, 180_000);

    it('that fails says why', async () => {
      fleet('reset', machine().name);
      prepare(machine(), 'repo-deb-missing');
      expect(await download()).toMatchObject({ status: 'error', errorKind: 'deb_404' });
    }, 120_000);
  });
});
