import type { DataSource, EntityManager } from 'typeorm';
import { newId } from './ids';
import { prepared } from './prepared';
import { affected, queryOne } from './rows';

/** Who this database belongs to. */
export interface Installation {
  id: string;
  /** Raised by each restore: fences of an earlier epoch rank below all later ones. */
  epoch: number;
  /** A known text under the encryption key, as an envelope; null until the key ring has written it. */
  encKeyCanary: string | null;
}

/** The installation's single row, made when it is first asked for. Programs that ask together agree on one. */
export async function ensureInstallation(connection: EntityManager | DataSource, now: Date): Promise<Installation> {
  const known = await queryOne<Installation>(connection, INSTALLATION);
  if (known !== null) return known;
  await affected(
    connection,
    'INSERT INTO installation (id, epoch, created_at) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING',
    [newId(), now],
  );
  const installation = await queryOne<Installation>(connection, INSTALLATION);
  if (installation === null) throw new Error('The installation has no row.');
  return installation;
}

/**
 * Begins an epoch that ranks above every one that machines may have seen. The database cannot know them all: restored a second
 * time from the same backup it is as old as the first time, and its machines know the epoch of then. So they are numbered by the
 * clock, and higher than the last one whatever the clock says.
 */
export async function beginEpoch(manager: EntityManager, now: Date): Promise<{ previous: number; epoch: number }> {
  await ensureInstallation(manager, now);
  const begun = await queryOne<{ previous: number; epoch: number }>(manager, BEGIN_EPOCH);
  if (begun === null) throw new Error('The installation has no row.');
  return begun;
}

const INSTALLATION = prepared('SELECT id, epoch, enc_key_canary AS "encKeyCanary" FROM installation');

/** Seconds since 2020: an `integer` holds them until 2088. */
const BEGIN_EPOCH = `
  UPDATE installation i
  SET epoch = GREATEST(old.epoch + 1, floor(extract(epoch FROM database_now() - timestamptz '2020-01-01 00:00:00Z'))::integer)
  FROM (SELECT id, epoch FROM installation FOR UPDATE) old WHERE old.id = i.id
  RETURNING old.epoch AS previous, i.epoch`;
