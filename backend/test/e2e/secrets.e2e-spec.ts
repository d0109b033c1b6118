import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { DataSource } from 'typeorm';
import { ApiClient } from '../support/api-client';
import { Everyday, keyPair, onMachine, type EntrustedSecrets } from '../support/everyday';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { startProduct, type Product } from '../support/product';
import { fleet, realMachines, type RealMachine } from '../support/real-machines';
import { searchDatabase, tables, traces, tracesIn } from '../support/secret-search';

const aptServer = process.env['FLEET_APT'] ?? '';

/** With signs that JSON, URLs and base64 write in other ways. */
const passphrase = 'Pa55phrase/"of+the\\key%';
const { privateKey, publicKey } = keyPair(passphrase);
const secrets: EntrustedSecrets = {
  password: 'S1gn-in/"Planted+one\\%41',
  sudoPassword: 'Sud0-too/"Planted+two\\%42',
  privateKey,
  keyPassphrase: passphrase,
  proxyPassword: 'Pr0xy-is/"Planted+three\\%43',
};
const hidden: Readonly<Record<string, string>> = { ...secrets };

/** The machine says every secret that opens it, in every form, wherever it is asked: in the log, broken in two, as data. */
const BETRAY = `
  printf '%s\\n' "$@" >/usr/local/share/planted
  cat >/usr/local/bin/planted <<'END'
#!/bin/sh
while IFS= read -r line; do
  echo "pre $line post" >&2
  echo "pre $line post"
  half=$((\${#line} / 2))
  printf '%s' "$line" | cut -c "1-$half" | tr -d '\\n'
  sleep 0.3
  printf '%s\\n' "$line" | cut -c "$((half + 1))-"
done </usr/local/share/planted
END
  chmod 755 /usr/local/bin/planted
  printf '%s { "/usr/local/bin/planted"; };\\n' APT::Update::Pre-Invoke DPkg::Pre-Invoke >/etc/apt/apt.conf.d/99planted
  cp /etc/os-release /etc/os-release.kept
  sed -i '/^PRETTY_NAME=/d' /etc/os-release
  printf 'PRETTY_NAME="Debian %s"\\n' "$4" >>/etc/os-release`;

const RECOVER =
  'mv /etc/os-release.kept /etc/os-release; rm -f /etc/apt/apt.conf.d/99planted /usr/local/bin/planted /usr/local/share/planted';

describe('secrets that people entrust to it', () => {
  let machines: RealMachine[];
  let database: TestDatabase;
  let source: DataSource;
  let product: Product;
  let api: ApiClient;
  let everyday: Everyday;

  beforeAll(async () => {
    machines = realMachines().slice(0, 2);
    for (const { name } of machines) fleet('scenario', name, 'plain', 'held', 'repo-duplicate');
    database = await createTestDatabase({ migrated: false });
    product = await startProduct({ DATABASE_URL: database.url, LOG_LEVEL: 'trace' });
    source = await database.dataSource();
    api = await ApiClient.administrator(product);
    everyday = new Everyday(api, machines, secrets, publicKey, aptServer);
    everyday.prepare();
  }, 300_000);
  afterAll(async () => {
    for (const machine of machines) onMachine(machine, `[ ! -e /etc/os-release.kept ] || { ${RECOVER}; }`);
    for (const { name } of machines) fleet('reset', name);
    await product.stop();
    await database.drop();
  }, 120_000);

  it('does its work with them, on machines that say them back in every form', async () => {
    await everyday.enrol();
    for (const [index, machine] of machines.entries()) {
      const opening = [index === 0 ? secrets.password : secrets.sudoPassword, secrets.proxyPassword];
      const forms = opening.flatMap((secret) =>
        [...traces(secret)].filter(([form]) => SAID.test(form)).map(([, text]) => text),
      );
      onMachine(machine, BETRAY, ...forms);
      expect(await everyday.run(index, 'machine_probe')).toMatchObject({ errorKind: null });
      expect((await everyday.run(index, 'apt_update_analyze')).snapshotId).not.toBeNull();
      // Its proxy lets nobody in; lists and archives come another way.
      fleet('exec', machine.name, 'apt-get', '-q', 'update');
      fleet('exec', machine.name, 'apt-get', '-q', '-y', '--download-only', 'upgrade');
      expect(await everyday.change(index, 'apt_upgrade')).toMatchObject({ status: 'ok', errorKind: null });
      expect(await everyday.change(index, 'apt_hold', { packages: ['fleet-plain'], note: 'for a test' })).toMatchObject(
        {
          errorKind: null,
        },
      );
      onMachine(machine, RECOVER);
    }
    // The same again: what it shares with the one before is kept as a difference.
    await everyday.run(1, 'apt_update_analyze');
    await everyday.people();
    await everyday.cancel(0);
    // A proxy that is not there: its address is what the error is about.
    await api.patch(`/machines/${everyday.ids[0] ?? ''}`, {
      aptProxy: { mode: 'custom', url: 'http://proxy-user@127.0.0.1:9', password: secrets.proxyPassword },
    });
    fleet('scenario', machines[0]?.name ?? '', 'plain', 'repo-404');
    expect(await everyday.run(0, 'apt_update_analyze')).toMatchObject({ status: 'error' });
    expect(await everyday.changeIdentity(0)).toMatchObject({ errorKind: 'host_key_changed' });
  }, 600_000);

  it('heard the machines say them, and kept a mask in their place', async () => {
    const [log] = await source.query<[{ masks: number }]>(
      `SELECT count(*)::int AS masks FROM job_log_chunks WHERE text LIKE '%pre ••• post%'`,
    );
    expect(log.masks).toBeGreaterThan(0);
    const [probe] = await source.query<[{ name: string }]>(
      `SELECT payload_json #>> '{os,pretty_name}' AS name FROM snapshots WHERE kind = 'machine_probe' ORDER BY created_at LIMIT 1`,
    );
    expect(probe.name).toMatch(/^Debian •••/);
  });

  it('has them in no column of any table, in no form', async () => {
    const all = await tables(source);
    expect(all.flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`))).toEqual(
      expect.arrayContaining(['snapshots.payload_json', 'job_log_chunks.text', 'audit_log.details_json', 'job.data']),
    );
    expect(await searchDatabase(source, hidden)).toEqual([]);
  }, 120_000);

  it('has them in no file that it keeps: logs of changes, reports', async () => {
    const folder = path.join(product.dataDir, 'artifacts');
    const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.gz'));
    expect(new Set(files.map((name) => name.replace(/^.*?\./, '')))).toEqual(
      new Set(['log.gz', 'md.gz', 'html.gz', 'fr.md.gz', 'fr.html.gz']),
    );
    const texts = await Promise.all(
      files.map(async (name) => gunzipSync(await readFile(path.join(folder, name))).toString('utf8')),
    );
    expect(texts.some((text) => text.includes('pre ••• post'))).toBe(true);
    expect(texts.flatMap((text) => tracesIn(text, hidden))).toEqual([]);
  });

  it('has them in no line of its own log', () => {
    expect(product.output()).toContain('"level"');
    expect(tracesIn(product.output(), hidden)).toEqual([]);
  });

  it('forgets them for good with the machine', async () => {
    await everyday.purge(1);
    const kept = await source.query<{ machine_id: string }[]>('SELECT machine_id FROM machine_credentials');
    expect(kept).toEqual([{ machine_id: everyday.ids[0] }]);
    expect(await searchDatabase(source, hidden)).toEqual([]);
  }, 120_000);

  it('would have been found out', async () => {
    await source.query(
      'CREATE SCHEMA planted CREATE TABLE leak (id int PRIMARY KEY, words text, document jsonb, bytes bytea)',
    );
    const { password, proxyPassword } = secrets;
    const header = `Basic ${Buffer.from(`user:${proxyPassword}`).toString('base64')}`;
    const rows: [string | null, object | null, Buffer | null][] = [
      [`half ${password.slice(0, 9)}`, { url: `http://u:${encodeURIComponent(password)}@x` }, null],
      [`${password.slice(9)} half`, { inner: JSON.stringify({ header }) }, Buffer.from(`a${password}`)],
    ];
    for (const [index, [words, document, bytes]] of rows.entries()) {
      await source.query('INSERT INTO planted.leak VALUES ($1, $2, $3, $4)', [
        index,
        words,
        JSON.stringify(document),
        bytes,
      ]);
    }
    const found = (await searchDatabase(source, hidden)).map((line) => line.replace(/ behind \d/, ''));
    expect([...new Set(found)]).toEqual([
      'planted.leak.bytes: password: hexadecimal',
      'planted.leak.document: password: URL-encoded',
      'planted.leak.document: proxyPassword: base64',
      'planted.leak.words: password: as it is',
    ]);
    await source.query('DROP SCHEMA planted CASCADE');
  }, 120_000);
});

/** What a machine can say in one line. */
const SAID = /^(as it is|JSON-escaped|URL-encoded|base64 behind)/;
