import type { MigrationInterface, QueryRunner } from 'typeorm';

const SPECIFIED = ['read', 'operate', 'admin', 'debug_logs'];
/** A verb, or a verb and what it is about. */
const FINER = ['read:secrets', 'plan', 'approve', 'apply:apt', 'apply:docker', 'prune', 'terminal', 'discovery'];

const scopesWithin = (words: readonly string[]): string => `
  ALTER TABLE api_clients DROP CONSTRAINT IF EXISTS api_clients_scopes_json_check,
    ADD CONSTRAINT api_clients_scopes_json_check CHECK (COALESCE(jsonb_typeof(scopes_json -> 'scopes') = 'array'
      AND scopes_json -> 'scopes' <@ '${JSON.stringify(words)}', false))`;

/**
 * Tokens may be limited to one kind of work: with the four coarse words alone, whatever may plan could also change. And
 * what a client asked for under a key of its own is found again when it asks once more, so that it is done once.
 */
export class Phase7ScopesAndIdempotencyKeys1767225707370 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(scopesWithin([...SPECIFIED, ...FINER]));
    await queryRunner.query(`
      CREATE TABLE api_idempotency_keys (
        api_client_id uuid NOT NULL,
        key text NOT NULL CONSTRAINT api_idempotency_keys_key_check CHECK (length(key) >= 1 AND length(key) <= 255),
        request_sha256 text NOT NULL CONSTRAINT api_idempotency_keys_request_sha256_check
          CHECK (request_sha256 ~ '^[0-9a-f]{64}$'),
        job_id uuid,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (api_client_id, key),
        CONSTRAINT api_idempotency_keys_api_client_id_fkey
          FOREIGN KEY (api_client_id) REFERENCES api_clients (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE api_idempotency_keys IS 'What API clients asked for under a key of theirs, so that it is done once.'`,
    );
    await queryRunner.query('CREATE INDEX api_idempotency_keys_expires_at_idx ON api_idempotency_keys (expires_at)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE api_idempotency_keys');
    // A client loses what the four words cannot say; one that is left with nothing can do nothing.
    await queryRunner.query(`
      UPDATE api_clients SET scopes_json = jsonb_set(scopes_json, '{scopes}',
        (SELECT COALESCE(jsonb_agg(word), '[]') FROM jsonb_array_elements(scopes_json -> 'scopes') AS word
          WHERE word <@ '${JSON.stringify(SPECIFIED)}'))`);
    await queryRunner.query(scopesWithin(SPECIFIED));
  }
}
