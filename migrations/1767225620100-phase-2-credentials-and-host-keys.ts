import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Secrets apart from the machines, and the host keys that somebody has looked at. */
export class Phase2CredentialsAndHostKeys1767225620100 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const envelope = `'^suenc:1:[a-z0-9-]+:[A-Za-z0-9_-]+:[A-Za-z0-9_-]+$'`;
    await queryRunner.query(`
      CREATE TABLE machine_credentials (
        machine_id uuid PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
        auth_method text NOT NULL CHECK (auth_method IN ('password', 'ssh_key')),
        enc_password text CHECK (enc_password ~ ${envelope}),
        enc_sudo_password text CHECK (enc_sudo_password ~ ${envelope}),
        enc_private_key text CHECK (enc_private_key ~ ${envelope}),
        enc_key_passphrase text CHECK (enc_key_passphrase ~ ${envelope}),
        sudo_mode text NOT NULL CHECK (sudo_mode IN ('same_as_ssh', 'separate', 'none')),
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        last_test_at timestamptz,
        status text CHECK (status IN ('ok', 'error', 'unknown'))
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE machine_credentials IS 'How to sign in; the enc_ columns hold ciphertext only.'`,
    );

    await queryRunner.query(`
      CREATE TABLE machine_host_keys (
        id uuid PRIMARY KEY,
        machine_id uuid REFERENCES machines (id) ON DELETE CASCADE,
        hostname text NOT NULL,
        port integer NOT NULL CHECK (port >= 1 AND port <= 65535),
        key_type text,
        fingerprint_sha256 text NOT NULL,
        public_key text,
        status text NOT NULL CHECK (status IN ('approved', 'changed', 'rejected', 'unknown')),
        first_seen_at timestamptz NOT NULL,
        last_seen_at timestamptz NOT NULL,
        approved_at timestamptz,
        approved_by text
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE machine_host_keys IS 'Keys that machines have shown; only approved ones are ever signed in to.'`,
    );
    await queryRunner.query(`
      CREATE UNIQUE INDEX machine_host_keys_machine_id_fingerprint_sha256_key
        ON machine_host_keys (machine_id, fingerprint_sha256)`);
    await queryRunner.query(
      'CREATE INDEX machine_host_keys_fingerprint_sha256_idx ON machine_host_keys (fingerprint_sha256)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE machine_host_keys');
    await queryRunner.query('DROP TABLE machine_credentials');
  }
}
