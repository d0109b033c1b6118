import type { DataSource } from 'typeorm';
import type { Config } from '../config/config';
import { StartRefusedError } from '../errors/start-refused';
import { keyIdOf } from './envelope';
import { createKeyring, keyringFile, loadKeyring, type Keyring } from './keyring';

/** Every encrypted column there is, found by its name so that a new one cannot be forgotten. */
async function encryptedColumns(database: DataSource): Promise<{ table: string; column: string }[]> {
  return database.query(
    `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
      WHERE table_schema = 'public' AND column_name LIKE 'enc\\_%' ORDER BY 1, 2`,
  );
}

/** The ids of all keys that some stored envelope needs. */
async function keyIdsInUse(database: DataSource): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const { table, column } of await encryptedColumns(database)) {
    const rows: { envelope: string }[] = await database.query(
      `SELECT DISTINCT ON (split_part("${column}", ':', 3)) "${column}" AS envelope FROM "${table}" WHERE "${column}" IS NOT NULL`,
    );
    for (const { envelope } of rows) ids.add(keyIdOf(envelope));
  }
  return ids;
}

/** Encryption that is silently not wired has shipped elsewhere: prove at each start that it works and binds. */
function selfTest(keyring: Keyring): void {
  const here = { table: 'self_test', rowId: '1', column: 'enc_value' };
  const envelope = keyring.encrypt(here, 'canary');
  if (envelope.includes('canary') || keyring.decrypt(here, envelope) !== 'canary') {
    throw new Error('The encryption self-test failed: a value did not come back as it went in.');
  }
  let moved = true;
  try {
    keyring.decrypt({ ...here, rowId: '2' }, envelope);
  } catch {
    moved = false;
  }
  if (moved) throw new Error('The encryption self-test failed: an envelope opened in a foreign row.');
}

/**
 * Opens the keyring for this start.
 *
 * A new key is made only while the database holds no envelope: otherwise a lost key would be replaced quietly and all
 * stored secrets with it.
 *
 * @throws StartRefusedError naming the missing key ids, or what is wrong with the file of the keyring.
 */
export async function openKeyring(config: Config, database: DataSource): Promise<Keyring> {
  const needed = await keyIdsInUse(database);
  const file = keyringFile(config.dataDir);
  const existing = await orRefuse(file, () => loadKeyring(config.env.ENCRYPTION_KEYS, config.dataDir));
  const missing = [...needed].filter((id) => existing?.has(id) !== true);
  if (missing.length > 0) {
    throw new StartRefusedError(
      `Encryption key ${missing.map((id) => `"${id}"`).join(', ')} is missing: the database holds secrets encrypted with it. ` +
        `Restore it into ENCRYPTION_KEYS or ${file}; no new key was made.`,
    );
  }
  const keyring = existing ?? (await orRefuse(file, () => createKeyring(config.dataDir)));
  selfTest(keyring);
  return keyring;
}

/** What a keyring's file is wrong with is for people to mend: its form, its folder, its rights. */
async function orRefuse<T>(file: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartRefusedError(`The keyring ${file} cannot be used: ${reason}`, { cause });
  }
}
