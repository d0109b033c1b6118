import type { DataSource, EntityManager } from 'typeorm';
import { newId } from './ids';
import { affected, queryRows } from './rows';

/** Who this database belongs to. */
export interface Installation {
  id: string;
  /** Raised by each restore: fences of an earlier epoch rank below all later ones. */
  epoch: number;
  /** A known text under the encryption key, as an envelope; null until the key ring has written it. */
  encKeyCanary: string | null;
}

/** The installation's single row, made at the first start. Programs that start together agree on one. */
export async function ensureInstallation(connection: EntityManager | DataSource, now: Date): Promise<Installation> {
  await affected(
    connection,
    'INSERT INTO installation (id, epoch, created_at) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING',
    [newId(), now],
  );
  const [installation] = await queryRows<Installation>(
    connection,
    'SELECT id, epoch, enc_key_canary AS "encKeyCanary" FROM installation',
  );
  if (!installation) throw new Error('The installation has no row.');
  return installation;
}
