import { Client, Pool } from 'pg';
import { QueryFailedError } from 'typeorm';
import { isDatabaseUnavailable, violatedUniqueConstraint } from './database-errors';

const nowhere = 'postgres://nobody@127.0.0.1:9/none';

async function failure(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

describe('isDatabaseUnavailable', () => {
  it('knows a database that nobody serves, by client and by pool', async () => {
    expect(isDatabaseUnavailable(await failure(() => new Client(nowhere).connect()))).toBe(true);
    const pool = new Pool({ connectionString: nowhere });
    expect(isDatabaseUnavailable(await failure(() => pool.query('SELECT 1')))).toBe(true);
    await pool.end();
  });

  it.each(['57P01', '57P03', '08006', '53300'])('knows the shutdown code %s', (code) => {
    expect(isDatabaseUnavailable(new QueryFailedError('SELECT 1', [], Object.assign(new Error('x'), { code })))).toBe(
      true,
    );
  });

  it.each(['23505', '42601', '40001'])('does not take %s for it', (code) => {
    expect(isDatabaseUnavailable(new QueryFailedError('SELECT 1', [], Object.assign(new Error('x'), { code })))).toBe(
      false,
    );
  });
});

describe('violatedUniqueConstraint', () => {
  it('gives the name', () => {
    const cause = Object.assign(new Error('duplicate'), { code: '23505', constraint: 'users_username_key' });
    expect(violatedUniqueConstraint(new QueryFailedError('INSERT', [], cause))).toBe('users_username_key');
    expect(violatedUniqueConstraint(new Error('other'))).toBeUndefined();
  });
});
