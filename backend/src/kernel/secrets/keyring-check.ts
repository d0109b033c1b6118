import type { DataSource } from 'typeorm';
import type { Config } from '../config/config';
import { StartRefusedError } from '../errors/start-refused';
import { EnvelopeError, keyIdOf, type SecretLocation } from './envelope';
import { createKeyring, keyringFile, loadKeyring, type Keyring } from './keyring';

interface EncryptedColumn {
  readonly table: string;
  readonly column: string;
  /** The primary key, by which an envelope is bound to its row. */
  readonly key: string;
}

/** A stored envelope with the place that it is bound to. */
interface StoredEnvelope {
  readonly location: SecretLocation;
  readonly envelope: string;
}

/** Of each key so many envelopes of a column are tried: one that is damaged must not stop the start by itself. */
const TRIED = 20;

/** Every encrypted column there is, found by its name so that a new one cannot be forgotten. */
async function encryptedColumns(database: DataSource): Promise<EncryptedColumn[]> {
  return database.query(
    `SELECT c.relname AS "table", e.attname AS "column", k.attname AS "key"
       FROM pg_attribute e
       JOIN pg_class c ON c.oid = e.attrelid AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
       JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
       JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = i.indkey[0]
      WHERE e.attname LIKE 'enc\\_%' AND e.attnum > 0 AND NOT e.attisdropped ORDER BY 1, 2`,
  );
}

/** Some envelopes of every key that stored secrets need, by its id. */
async function storedEnvelopes(database: DataSource): Promise<Map<string, StoredEnvelope[]>> {
  const byKey = new Map<string, StoredEnvelope[]>();
  for (const { table, column, key } of await encryptedColumns(database)) {
    const rows: { rowId: string; envelope: string }[] = await database.query(
      `SELECT row_id AS "rowId", envelope FROM (
         SELECT "${key}"::text AS row_id, "${column}" AS envelope,
                row_number() OVER (PARTITION BY split_part("${column}", ':', 3) ORDER BY "${key}") AS place
           FROM "${table}" WHERE "${column}" IS NOT NULL) numbered WHERE place <= ${String(TRIED)}`,
    );
    for (const { rowId, envelope } of rows) {
      const id = keyIdOf(envelope);
      byKey.set(id, [...(byKey.get(id) ?? []), { location: { table, rowId, column }, envelope }]);
    }
  }
  return byKey;
}

/** False when this is another key under the same id: what is stored does not open, and what came would be lost with it. */
function opensAny(keyring: Keyring, stored: readonly StoredEnvelope[]): boolean {
  return stored.some(({ location, envelope }) => {
    try {
      keyring.decrypt(location, envelope);
      return true;
    } catch (error) {
      if (error instanceof EnvelopeError) return false;
      throw error;
    }
  });
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
 * stored secrets with it. A key that opens nothing of what is stored under its id is refused for the same reason.
 *
 * @throws StartRefusedError naming the missing or foreign key ids, or what is wrong with the file of the keyring.
 */
export async function openKeyring(config: Config, database: DataSource): Promise<Keyring> {
  const stored = await storedEnvelopes(database);
  const file = keyringFile(config.dataDir);
  const existing = await orRefuse(file, () => loadKeyring(config.env.ENCRYPTION_KEYS, config.dataDir));
  const missing = [...stored.keys()].filter((id) => existing?.has(id) !== true);
  if (missing.length > 0) {
    throw new StartRefusedError(
      `Encryption key ${missing.map((id) => `"${id}"`).join(', ')} is missing: the database holds secrets encrypted with it. ` +
        `Restore it into ENCRYPTION_KEYS or ${file}; no new key was made.`,
    );
  }
  const keyring = existing ?? (await orRefuse(file, () => createKeyring(config.dataDir)));
  selfTest(keyring);
  const foreign = [...stored].filter(([, envelopes]) => !opensAny(keyring, envelopes)).map(([id]) => `"${id}"`);
  if (foreign.length > 0) {
    throw new StartRefusedError(
      `Encryption key ${foreign.join(', ')} does not open the secrets that the database holds under this id: it is another ` +
        `key of the same name. Restore the right one into ENCRYPTION_KEYS or ${file}; nothing was changed.`,
    );
  }
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
