import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addMachine } from '../../../test/support/machine-samples';
import { until } from '../../../test/support/ssh-wait';
import { createTestApp, type Client, type TestApp } from '../../../test/support/test-app';
import { queryOne, queryRows } from '../../kernel/database/rows';
import { TransactionRunner } from '../../kernel/database/transaction';
import { MachinesModule } from '../machines/machines.module';
import { HistoryModule } from './history.module';
import { ImportantMessages } from './important-messages';
import { RawArtifactsRetention } from './retention';
import { RunLogs, type LogLines } from './run-logs';
import { ArtifactRemovals } from './artifact-removals';
import type { ArtifactDto, ExecutionDetailDto } from './dto/artifacts.dto';
import type { MessageDto } from './dto/messages.dto';

const CHANGE = '01a00000-0000-7000-8000-000000000001';
const DAY_MS = 86_400_000;

describe('the sealed log of a change', () => {
  let dataDir: string;
  let test: TestApp;
  let operator: Client;
  let machineId: string;
  const file = (): string => path.join(dataDir, 'artifacts', 'runs', '2026-11', `${CHANGE}.log.gz`);

  beforeAll(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'run-logs-'));
    test = await createTestApp({ imports: [MachinesModule, HistoryModule], environment: { DATA_DIR: dataDir } });
    operator = test.as('operator');
  });
  afterAll(async () => {
    await test.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await test.dataSource.query('TRUNCATE machines CASCADE');
    await test.dataSource.query('DELETE FROM raw_artifacts');
    rmSync(path.join(dataDir, 'artifacts'), { recursive: true, force: true });
    machineId = await addMachine(operator, 'web-1');
  });

  const logs = (): RunLogs => test.app.get(RunLogs);
  const lines: LogLines = async function* () {
    yield ['first', 'with a tab\there'];
    yield await Promise.resolve(['éàü', '']);
  };
  const changed = (status: string): Promise<unknown> =>
    test.dataSource.query(
      `INSERT INTO executions (id, machine_id, action, mode, started_at, finished_at, status, job_id)
       VALUES ($1, $2, 'sample', 'manual', '2026-11-02T10:00:00Z', $4, $3, $1)`,
      [CHANGE, machineId, status, status === 'running' ? null : '2026-11-02T10:05:00Z'],
    );
  const change = async (): Promise<ExecutionDetailDto> =>
    (await operator.get(`/executions/${CHANGE}`)).body as ExecutionDetailDto;
  const artifact = async (id: string): Promise<ArtifactDto> =>
    (await operator.get(`/artifacts/${id}`)).body as ArtifactDto;

  it('names the line of what stopped the run, of each package its own', async () => {
    await changed('error');
    const error = { category: 'error', severity: 'error', component: null } as const;
    const messages = ['sample', 'other'].map((packageName) => ({
      ...error,
      packageName,
      message: 'its script failed',
    }));
    const batch = { machineId, source: 'apt', executionId: CHANGE, messages } as const;
    await test.app.get(TransactionRunner).run((tx) => test.app.get(ImportantMessages).upsert(tx, batch));
    const lineOf = new Map([
      ['', 4],
      ['other', 2],
    ]);
    const watcher = { source: 'apt', line: () => undefined, messages: () => [], errorLines: () => lineOf } as const;
    const id = await logs().seal(CHANGE, lines, () => watcher);
    const found = (await operator.get(`/machines/${machineId}/messages`)).body as MessageDto[];
    expect(found.map(({ packageName, rawLineRef }) => `${packageName ?? ''} ${rawLineRef ?? ''}`).sort()).toEqual([
      `other ${id ?? ''}#2`,
      `sample ${id ?? ''}#4`,
    ]);
  });

  it('leaves messages that name their line, and stay when it is gone', async () => {
    await changed('ok');
    const read: [string, number][] = [];
    const said = { category: 'warning', severity: 'warning', packageName: 'sample', component: null } as const;
    const id = await logs().seal(CHANGE, lines, (action) => ({
      source: 'apt',
      line: (text, number) => void read.push([text, number]),
      messages: () => [{ ...said, message: `${action} warns`, line: 3 }],
      errorLines: () => new Map(),
    }));
    expect(read).toEqual([
      ['first', 1],
      ['with a tab\there', 2],
      ['éàü', 3],
      ['', 4],
    ]);
    const messages = async () => (await operator.get(`/machines/${machineId}/messages`)).body as object[];
    expect(await messages()).toMatchObject([{ message: 'sample warns', rawLineRef: `${id ?? ''}#3` }]);
    expect((await operator.get(`/machines/${machineId}`)).body).toMatchObject({ openMessagesCount: 1 });
    await test.dataSource.query('DELETE FROM raw_artifacts');
    expect(await messages()).toHaveLength(1);
  });

  it('is a file that is named by the change, and read as it was', async () => {
    await changed('ok');
    const id = await logs().seal(CHANGE, lines);
    expect((await change()).artifactId).toBe(id);
    const kept = await artifact(id ?? '');
    expect(kept).toMatchObject({
      machineId,
      kind: 'raw_log',
      pinned: false,
      redacted: true,
      retentionPolicy: 'default',
    });
    expect(kept.facts?.document).toEqual({ schema_version: 1, action: 'sample', lines: 4, bytes: 30 });
    const content = await operator.get(`/artifacts/${id ?? ''}/content`);
    expect(content.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(content.text).toBe('first\nwith a tab\there\néàü\n\n');
  });

  it('is sealed once, also by two processes at the same moment', async () => {
    await changed('error');
    const sealed = await Promise.all([logs().seal(CHANGE, lines), logs().seal(CHANGE, lines)]);
    expect(sealed.filter((id) => id !== null)).toHaveLength(1);
    expect(await logs().seal(CHANGE, lines)).toBeNull();
    const id = sealed.find((one) => one !== null) ?? '';
    expect(await artifact(id)).toMatchObject({ retentionPolicy: 'failed' });
    expect((await operator.get(`/artifacts/${id}/content`)).status).toBe(200);
  });

  it.each([
    ['runs still', 'running', lines],
    [
      'said nothing',
      'ok',
      async function* () {
        yield await Promise.resolve([]);
      } as LogLines,
    ],
  ])('is not made of a change that %s', async (_what, status, source) => {
    await changed(status);
    expect(await logs().seal(CHANGE, source)).toBeNull();
    expect(existsSync(file())).toBe(false);
    expect((await change()).artifactId).toBeNull();
  });

  it('leaves nothing when its source breaks off, and is made the next time', async () => {
    await changed('ok');
    const broken: LogLines = async function* () {
      yield await Promise.resolve(['first']);
      throw new Error('the database went away');
    };
    await expect(logs().seal(CHANGE, broken)).rejects.toThrow('the database went away');
    expect(existsSync(file())).toBe(false);
    expect(await logs().seal(CHANGE, lines)).not.toBeNull();
  });

  it('is not given out when the file is not what was written', async () => {
    await changed('ok');
    const id = (await logs().seal(CHANGE, lines)) ?? '';
    writeFileSync(file(), 'something else');
    const answer = await operator.get(`/artifacts/${id}/content`);
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([410, 'artifact_damaged']);
  });

  it('goes when its time has come, but for a pinned one; what is known of it stays', async () => {
    await changed('ok');
    const id = (await logs().seal(CHANGE, lines)) ?? '';
    const forget = async (): Promise<void> => {
      const later = new Date(Date.now() + 200 * DAY_MS);
      await test.app.get(RawArtifactsRetention).purge(later, new AbortController().signal);
      await test.app.get(ArtifactRemovals).sweep();
    };
    expect((await test.as('viewer').put(`/artifacts/${id}/pin`)).status).toBe(403);
    for (const time of ['first', 'again'])
      expect({ time, ...(await operator.put(`/artifacts/${id}/pin`)).body }).toMatchObject({ time, pinned: true });
    await forget();
    expect(existsSync(file())).toBe(true);
    expect((await operator.delete(`/artifacts/${id}/pin`)).body).toMatchObject({ pinned: false });
    await forget();
    expect(existsSync(file())).toBe(false);
    expect(await artifact(id)).toMatchObject({ deleteReason: 'expired' });
    expect((await operator.get(`/artifacts/${id}/content`)).status).toBe(410);
    expect((await operator.put(`/artifacts/${id}/pin`)).status).toBe(410);
    const decisions = await queryRows(
      test.dataSource,
      `SELECT action, object_id, actor_name, details_json->>'run' AS run, details_json->>'kind' AS kind
         FROM audit_log WHERE action LIKE 'artifact.%' ORDER BY id`,
    );
    const by = { object_id: id, actor_name: 'The operator', run: CHANGE, kind: 'raw_log' };
    expect(decisions).toEqual([
      { action: 'artifact.pinned', ...by },
      { action: 'artifact.unpinned', ...by },
    ]);
  });

  it('stays when it is pinned at the moment at which it would go', async () => {
    await changed('ok');
    const id = (await logs().seal(CHANGE, lines)) ?? '';
    const pinning = test.dataSource.createQueryRunner();
    await pinning.startTransaction();
    await pinning.query('UPDATE raw_artifacts SET pinned = true WHERE id = $1', [id]);
    const later = new Date(Date.now() + 200 * DAY_MS);
    const purged = test.app.get(RawArtifactsRetention).purge(later, new AbortController().signal);
    await until('it waits for the row', async () => {
      const sql = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      return (await queryOne(test.dataSource, sql)) !== null;
    });
    await pinning.commitTransaction();
    await pinning.release();
    expect(await purged).toEqual({ raw_artifacts: 0 });
    expect(await artifact(id)).toMatchObject({ pinned: true, deletedAt: null });
  });

  it('is not there under an unknown id', async () => {
    expect((await operator.get(`/artifacts/${CHANGE}`)).status).toBe(404);
    expect((await operator.get(`/executions/${CHANGE}`)).status).toBe(404);
    expect((await operator.get(`/machines/${CHANGE}/executions`)).status).toBe(404);
  });
});
