import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addMachine } from '../../../../test/support/machine-samples';
import { until } from '../../../../test/support/ssh-wait';
import { createTestApp, type Client, type TestApp } from '../../../../test/support/test-app';
import { queryOne } from '../../../kernel/database/rows';
import { secretRegistry } from '../../../kernel/logging/secret-registry';
import { MachinesModule } from '../../machines/machines.module';
import { HistoryModule } from '../history.module';
import { say } from '../history.sentences';
import { RunReports } from './run-reports';

const CHANGE = '01a00000-0000-7000-8000-000000000001';

describe('the report of a change', () => {
  let dataDir: string;
  let test: TestApp;
  let operator: Client;
  let machineId: string;
  const file = (form: string): string => path.join(dataDir, 'artifacts', 'reports', '2026-11', `${CHANGE}.${form}.gz`);

  beforeAll(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'run-reports-'));
    test = await createTestApp({ imports: [MachinesModule, HistoryModule], environment: { DATA_DIR: dataDir } });
    operator = test.as('operator');
  });
  afterAll(async () => {
    await test.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await test.dataSource.query('TRUNCATE machines CASCADE');
    await test.dataSource.query('DELETE FROM reports');
    rmSync(path.join(dataDir, 'artifacts'), { recursive: true, force: true });
    machineId = await addMachine(operator, 'web-1');
  });

  const reports = (): RunReports => test.app.get(RunReports);
  const changed = (mode: string, finishedAt: string | null, error: string | null = null): Promise<unknown> =>
    test.dataSource.query(
      `INSERT INTO executions (id, machine_id, action, mode, started_at, finished_at, status, job_id, error_message)
       VALUES ($1, $2, 'sample_change', $3, '2026-11-02T10:00:00Z', $4, $5, $1, $6)`,
      [CHANGE, machineId, mode, finishedAt, finishedAt === null ? 'running' : error === null ? 'ok' : 'error', error],
    );
  const reportId = async (): Promise<string | null> =>
    ((await operator.get(`/executions/${CHANGE}`)).body as { reportId: string | null }).reportId;

  it('is written once, named by the change, and read as a page and as a file', async () => {
    await changed('manual', '2026-11-02T10:05:00Z', 'It said <b>no</b>.');
    const id = await reports().write(CHANGE);
    expect(id).not.toBeNull();
    expect(await reports().write(CHANGE)).toBeNull();
    expect(await reportId()).toBe(id);
    const page = await operator.get(`/reports/${id ?? ''}`);
    expect(page).toMatchObject({ status: 200, type: 'text/html' });
    expect(page.text).toContain('<h1>Sample change: web-1</h1>');
    expect(page.text).toContain('It said &lt;b&gt;no&lt;/b&gt;.');
    expect(page.headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/);
    const markdown = await operator.get(`/reports/${id ?? ''}?format=markdown`);
    expect(markdown).toMatchObject({ status: 200, type: 'text/markdown' });
    expect(markdown.headers['content-disposition']).toBe(`attachment; filename="${id ?? ''}.md"`);
    expect((await operator.get(`/reports/${id ?? ''}?format=pdf`)).status).toBe(400);
    expect((await operator.get(`/reports/${CHANGE}`)).status).toBe(404);
  });

  it('is made of what is stored, whatever passwords are held while it is written', async () => {
    await changed('manual', '2026-11-02T10:05:00Z', 'It fetched debian-goodies.');
    const drops = ['debian', 'web-1', 'fetched debian-goodies'].map((word) => secretRegistry.register(word));
    const id = (await reports().write(CHANGE)) ?? '';
    for (const drop of drops) drop();
    const { text } = await operator.get(`/reports/${id}`);
    expect(text).toContain('<h1>Sample change: web-1</h1>');
    expect(text).toContain('It fetched debian-goodies.');
  });

  it('is read in French too; what was written before that is given in English', async () => {
    await changed('manual', '2026-11-02T10:05:00Z', say.report_damaged());
    const id = (await reports().write(CHANGE)) ?? '';
    const french = await operator.get(`/reports/${id}?language=fr`);
    expect(french).toMatchObject({ status: 200, type: 'text/html' });
    expect(french.text).toContain('<html lang="fr">');
    expect(french.text).toContain('<th scope="row">Résultat</th><td>en échec</td>');
    expect(french.text).toContain('<th scope="row">Exécution</th>');
    expect(french.text).toMatch(/<th scope="row">Pourquoi<\/th><td>[^<]*rapport[^<]*<\/td>/);
    const markdown = await operator.get(`/reports/${id}?language=fr&format=markdown`);
    expect(markdown.text).toContain('La machine n’a rien laissé à comparer.');
    expect((await operator.get(`/reports/${id}?language=de`)).status).toBe(400);

    await test.dataSource.query(
      `UPDATE reports SET summary_json = (summary_json - 'french') || '{"schema_version": 1}' WHERE id = $1`,
      [id],
    );
    expect((await operator.get(`/reports/${id}?language=fr`)).text).toContain('<html lang="en">');
  });

  it('sends whoever reads of a run that began and left no result to what the logs of the machine tell', async () => {
    await changed('manual', '2026-11-02T10:05:00Z', 'It is gone.');
    await test.dataSource.query(
      `INSERT INTO jobs (id, kind, machine_id, status, created_at, finished_at, contact_at)
       VALUES ($1, 'sample_change', $2, 'error', now(), now(), now())`,
      [CHANGE, machineId],
    );
    const id = (await reports().write(CHANGE)) ?? '';
    const { text } = await operator.get(`/reports/${id}?format=markdown`);
    expect(text).toContain('The run left no result. What the machine’s own logs tell');
    expect(text).not.toContain('nothing to compare');
    const french = await operator.get(`/reports/${id}?language=fr&format=markdown`);
    expect(french.text).toContain('L’exécution n’a laissé aucun résultat.');
  });

  it.each([
    ['of a log that is not sealed', 1, 3, false, true],
    ['of one that is', 1, 3, true, false],
    ['of a change that printed nothing', 1, 0, false, false],
    ['of a log that has been given up', 8, 3, false, false],
  ])('is known to wait for its log: %s', async (_what, daysAgo, lines, sealed, logOpen) => {
    const at = new Date(Date.now() - daysAgo * 86_400_000).toISOString();
    await changed('manual', at);
    await test.dataSource.query(
      `INSERT INTO jobs (id, kind, machine_id, status, created_at, finished_at, last_seq)
       VALUES ($1, 'sample_change', $2, 'ok', $3, $3, $4)`,
      [CHANGE, machineId, at, lines],
    );
    if (sealed) {
      await test.dataSource.query(
        `INSERT INTO raw_artifacts (id, machine_id, kind, path, bytes, sha256, created_at, pinned, redacted, retention_policy)
         VALUES ($1, $2, 'raw_log', 'runs/x.log.gz', 1, repeat('a', 64), $3, false, true, 'default')`,
        [CHANGE, machineId, at],
      );
      await test.dataSource.query('UPDATE executions SET raw_artifact_id = $1 WHERE id = $1', [CHANGE]);
    }
    expect(await reports().unwritten()).toEqual([{ id: CHANGE, logOpen }]);
    await test.dataSource.query('DELETE FROM raw_artifacts');
  });

  it('is none of a change that runs, or that others made', async () => {
    await changed('manual', null);
    expect(await reports().write(CHANGE)).toBeNull();
    await test.dataSource.query('DELETE FROM executions');
    await changed('external', '2026-11-02T10:05:00Z');
    expect(await reports().write(CHANGE)).toBeNull();
    expect(existsSync(file('md'))).toBe(false);
  });

  it('says so when its file is not what was written', async () => {
    await changed('manual', '2026-11-02T10:05:00Z');
    const id = (await reports().write(CHANGE)) ?? '';
    writeFileSync(file('html'), 'another');
    expect((await operator.get(`/reports/${id}`)).body).toMatchObject({ status: 410, code: 'report_damaged' });
    expect((await operator.get(`/reports/${id}?format=markdown`)).status).toBe(200);
  });

  it('gives what is stored of it when a newer program wrote it', async () => {
    await changed('manual', '2026-11-02T10:05:00Z');
    const id = (await reports().write(CHANGE)) ?? '';
    const newer = { schema_version: 99, files: 'elsewhere' };
    await test.dataSource.query('UPDATE reports SET summary_json = $2 WHERE id = $1', [id, newer]);
    expect((await operator.get(`/reports/${id}`)).body).toMatchObject({
      status: 409,
      code: 'report_unreadable',
      document: { unreadable: 'newer', document: newer },
    });
  });

  it('goes with its machine, with files that nobody named', async () => {
    await changed('manual', '2026-11-02T10:05:00Z');
    await reports().write(CHANGE);
    const files = ['md', 'html', 'fr.md', 'fr.html'].map(file);
    expect(files.map((one) => existsSync(one))).toEqual([true, true, true, true]);
    // Of a process that was killed before it could name it.
    const unnamed = path.join(dataDir, 'artifacts', 'runs', '2026-11', `${CHANGE}.log.gz`);
    mkdirSync(path.dirname(unnamed), { recursive: true });
    writeFileSync(unnamed, 'a log');
    await operator.post(`/machines/${machineId}/archive`);
    const purge = await test.as('administrator').post(`/machines/${machineId}/purge`, { name: 'web-1' });
    expect(purge.status).toBeLessThan(300);
    await until('all files are gone', () => ![...files, unnamed].some((one) => existsSync(one)));
    expect(await queryOne(test.dataSource, 'SELECT 1 FROM reports', [])).toBeNull();
  });
});
