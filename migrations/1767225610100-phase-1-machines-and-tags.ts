import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The machines themselves, without any secret but the password of an apt proxy, and their tags. */
export class Phase1MachinesAndTags1767225610100 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE machines (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        hostname text NOT NULL,
        port integer NOT NULL DEFAULT 22 CHECK (port >= 1 AND port <= 65535),
        os_family text NOT NULL,
        os_version text,
        os_codename text,
        arch text,
        machine_kind text CHECK (machine_kind IN
          ('physical', 'vm', 'proxmox_host', 'lxc', 'raspberry_pi', 'workstation', 'unknown')),
        virtualization text CHECK (virtualization ~ '^[a-z][a-z0-9_]*$'),
        hardware_profile text CHECK (hardware_profile ~ '^[a-z][a-z0-9_]*$'),
        username text NOT NULL,
        status text NOT NULL CHECK (status IN ('new', 'active', 'unreachable', 'quarantined', 'archived')),
        apt_proxy_mode text NOT NULL DEFAULT 'system' CHECK (apt_proxy_mode IN ('system', 'none', 'custom')),
        apt_proxy_url text,
        enc_apt_proxy_password text
          CHECK (enc_apt_proxy_password ~ '^suenc:1:[a-z0-9-]+:[A-Za-z0-9_-]+:[A-Za-z0-9_-]+$'),
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        last_seen_at timestamptz,
        deleted_at timestamptz
      )`);
    await queryRunner.query(
      `COMMENT ON TABLE machines IS 'A machine to keep up to date; archived when deleted_at is set.'`,
    );
    await queryRunner.query('CREATE INDEX machines_hostname_port_idx ON machines (hostname, port)');
    await queryRunner.query('CREATE INDEX machines_status_idx ON machines (status)');
    await queryRunner.query('CREATE INDEX machines_os_family_machine_kind_idx ON machines (os_family, machine_kind)');
    await queryRunner.query('CREATE INDEX machines_hardware_profile_idx ON machines (hardware_profile)');
    await queryRunner.query(
      'CREATE INDEX machines_live_name_idx ON machines (lower(name), id) WHERE deleted_at IS NULL',
    );
    await queryRunner.query(
      'CREATE UNIQUE INDEX machines_live_address_key ON machines (lower(hostname), port) WHERE deleted_at IS NULL',
    );

    await queryRunner.query(`
      CREATE TABLE tags (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        color text,
        created_at timestamptz NOT NULL
      )`);
    await queryRunner.query(`COMMENT ON TABLE tags IS 'Words to group and filter machines by.'`);
    await queryRunner.query('CREATE UNIQUE INDEX tags_name_key ON tags (lower(name))');

    await queryRunner.query(`
      CREATE TABLE machine_tags (
        machine_id uuid NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
        tag_id uuid NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
        PRIMARY KEY (machine_id, tag_id)
      )`);
    await queryRunner.query(`COMMENT ON TABLE machine_tags IS 'Which machine carries which tag.'`);
    await queryRunner.query('CREATE INDEX machine_tags_tag_id_idx ON machine_tags (tag_id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE machine_tags');
    await queryRunner.query('DROP TABLE tags');
    await queryRunner.query('DROP TABLE machines');
  }
}
