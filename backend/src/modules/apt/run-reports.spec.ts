import { goldenExample } from '../../../test/support/golden-examples';
import { addMachine } from '../../../test/support/machine-samples';
import { createWholeApp, type TestApp } from '../../../test/support/test-app';
import { newId } from '../../kernel/database/ids';
import { RunReports } from '../history/reports/run-reports';
import { remediationOf, riskOf } from './contracts/apt-error-kinds';

describe('the report of a run of apt', () => {
  let test: TestApp;

  beforeAll(async () => {
    test = await createWholeApp();
  });
  afterAll(() => test.close());

  async function reportOf(result: object, query: string): Promise<string> {
    const id = newId();
    const machineId = await addMachine(test.as('operator'), `web-${id}`);
    await test.dataSource.query(
      `INSERT INTO executions (id, machine_id, action, mode, started_at, finished_at, status, job_id, result_json)
       VALUES ($1, $2, 'apt_upgrade', 'manual', now(), now(), 'error', $1, $3)`,
      [id, machineId, result],
    );
    const report = (await test.app.get(RunReports).write(id)) ?? '';
    return (await test.as('operator').get(`/reports/${report}?${query}`)).text;
  }

  const failed = {
    ...(goldenExample('apt_upgrade_result', 5) as object),
    ending: 'interrupted',
    ports: null,
    conffiles: [],
    auto_marks: null,
    not_measured: [{ fact: 'ports', reason: 'cut_off' }],
    errors: [
      {
        kind: 'file_conflict',
        severity: 'error',
        message: 'Two files.',
        important_lines: ['E: two'],
        remediation: remediationOf('file_conflict'),
        subject: null,
      },
    ],
  };

  it.each(['markdown', 'html'])('names the safe way out and the risky one with its price: %s', async (format) => {
    const said = await reportOf(failed, `format=${format}`);
    expect(said).toContain('At your own risk');
    expect(said).toContain(remediationOf('file_conflict'));
    expect(said).toContain(riskOf('file_conflict'));
    expect(await reportOf(failed, `format=${format}&language=fr`)).toMatch(/À vos risques[^]*--force-overwrite prend/);
  });

  it('says whether the machine needs a restart, and by which signals', async () => {
    const reasons = [
      { signal: 'flag_file', verdict: 'not_needed', detail: 'No package left a mark that asks for a reboot.' },
      { signal: 'kernel', verdict: 'needed', detail: 'Kernel 6.1.0-1 is running, 6.1.0-2 is installed.' },
    ];
    const result = { ...failed, reboot: { state: 'needed', reasons } };
    const said = await reportOf(result, 'format=markdown&language=fr');
    expect(said).toMatch(/## Redémarrage\n[^]*\| État \| nécessaire \|/);
    expect(said).toMatch(/\| Le noyau 6\.1\.0-1 [^|]* \| noyau \| nécessaire \|/);
  });

  it('tells what was not measured, and why, from what is none', async () => {
    const said = await reportOf(failed, 'format=markdown');
    expect(said).toMatch(/\| Ports \| not measured \(the run was cut off before\) \|/);
    expect(said).toMatch(/## Conffiles\n\nnone/);
    expect(said).toMatch(/\| Auto marks \| none \|/);
    expect(said).not.toContain('none, or not measured');
  });
});
