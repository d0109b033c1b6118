import { Writable } from 'node:stream';
import { pinoHttp } from 'pino-http';
import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { dataSourceOptions } from '../database/data-source-options';
import { DomainError } from '../errors/domain-error';
import { loggerOptions } from './logging.module';

const written: string[] = [];
const stream = new Writable({
  write(chunk: Buffer, _encoding, done) {
    written.push(chunk.toString());
    done();
  },
});
const { logger } = pinoHttp(loggerOptions('info'), stream);

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = new DataSource({ ...dataSourceOptions({ url: database.url }), entities: [], migrations: [] });
  await dataSource.initialize();
});

beforeEach(() => {
  written.length = 0;
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

/** A statement that the database refuses: the row is repeated in `parameters`, and in the server's `detail`. */
function refused(): Promise<unknown> {
  const sql = 'INSERT INTO machine_locks (machine_id, job_id, lock_kind, holder, fence) VALUES ($1, $1, $2, $3, NULL)';
  const params = ['01890000-0000-7000-8000-000000000000', 'exclusive', 'output of a machine'];
  return dataSource.query(sql, params).catch((error: unknown) => error);
}

describe('an error in the log', () => {
  it('of the database says why, and repeats nothing of the rows', async () => {
    const err = await refused();
    expect(JSON.stringify(err)).toContain('output of a machine');
    logger.warn({ err, jobId: 'j' }, 'a line');
    logger.warn({ err: new AggregateError([err], 'all of them failed') }, 'another');
    const [line = '', nested = ''] = written;
    expect(JSON.parse(line)).toMatchObject({
      msg: 'a line',
      jobId: 'j',
      err: {
        type: 'QueryFailedError',
        message: expect.stringContaining('null value'),
        code: '23502',
        table: 'machine_locks',
      },
    });
    expect(nested).toContain('machine_locks');
    for (const text of written) expect(text).not.toContain('output of a machine');
  });

  it('of ours keeps its sentence', () => {
    logger.warn({ err: new DomainError({ code: 'c', status: 409, detail: 'said so' as never }) }, 'a line');
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ err: { code: 'c', detail: 'said so' } });
  });
});
