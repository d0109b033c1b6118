'use strict';

/** The folder that holds a PostgreSQL server's data: where it can lie, how it is made, and its password. */

const { createHash, randomBytes } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { cached, reachable, run } = require('./installation.cjs');

const SUPERUSER = 'system_update';
/** Where root keeps data whose wanted folder nobody cannot reach. */
const REACHABLE_DATA_ROOT = '/var/lib/system-update-postgres';

/**
 * @typedef {import('./installation.cjs').Identity} Identity
 * @typedef {import('./installation.cjs').Installation} Installation
 */

/**
 * The folder to use for the data. When root's wanted folder cannot be reached by nobody, the data go below
 * /var/lib and the wanted path becomes a link to them.
 * @param {string} wanted @param {Identity | null} identity
 */
function settleDataDir(wanted, identity) {
  if (fs.existsSync(wanted)) return fs.realpathSync(wanted);
  fs.mkdirSync(path.dirname(wanted), { recursive: true });
  if (!identity || reachable(path.dirname(wanted))) return wanted;
  const real = path.join(REACHABLE_DATA_ROOT, createHash('sha256').update(wanted).digest('hex').slice(0, 16));
  fs.mkdirSync(real, { recursive: true });
  fs.chownSync(real, identity.uid, identity.gid);
  fs.chmodSync(real, 0o700);
  fs.symlinkSync(real, wanted);
  return real;
}

/** @param {string} dataDir @param {Installation} installation @param {Identity | null} identity @param {boolean} durable */
function createDataDir(dataDir, installation, identity, durable) {
  if (durable) {
    initialise(dataDir, installation, identity, true);
    return;
  }
  const template = cached(`template-${installation.version}`, (target) =>
    initialise(target, installation, identity, false),
  );
  fs.rmSync(dataDir, { recursive: true, force: true });
  run('cp', ['-a', '--reflink=auto', template, dataDir]);
}

/** @param {string} dataDir @param {Installation} installation @param {Identity | null} identity @param {boolean} durable */
function initialise(dataDir, installation, identity, durable) {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (identity) fs.chownSync(dataDir, identity.uid, identity.gid);
  const args = ['-D', dataDir, '-U', SUPERUSER, '--encoding=UTF8', ...localeArguments(installation)];
  const passwordFile = durable ? handOverPassword(dataDir, identity) : undefined;
  if (passwordFile) args.push('--auth=scram-sha-256', `--pwfile=${passwordFile}`);
  else args.push('--auth=trust', '--no-sync', '--wal-segsize=1');
  try {
    run(path.join(installation.binDir, 'initdb'), args, identity);
  } catch (error) {
    fs.rmSync(dataDir, { recursive: true, force: true });
    throw error;
  } finally {
    if (passwordFile) fs.rmSync(path.dirname(passwordFile), { recursive: true, force: true });
  }
}

/**
 * From 17 on PostgreSQL brings its own C.UTF-8, so that an upgrade of the system's C library cannot corrupt an index.
 * @param {Installation} installation
 */
function localeArguments(installation) {
  return installation.major >= 17
    ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    : ['--locale=C.UTF-8'];
}

/** @param {string} dataDir */
const passwordPath = (dataDir) => `${dataDir}.password`;

/**
 * Makes the password (kept beside the data, readable by this user alone) and a copy that initdb may read.
 * @param {string} dataDir @param {Identity | null} identity
 */
function handOverPassword(dataDir, identity) {
  const password = randomBytes(24).toString('base64url');
  fs.writeFileSync(passwordPath(dataDir), `${password}\n`, { mode: 0o600 });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'system-update-initdb-'));
  const copy = path.join(folder, 'password');
  fs.writeFileSync(copy, `${password}\n`, { mode: 0o600 });
  if (identity) for (const entry of [copy, folder]) fs.chownSync(entry, identity.uid, identity.gid);
  return copy;
}

/** @param {string} dataDir */
function readPassword(dataDir) {
  try {
    return fs.readFileSync(passwordPath(dataDir), 'utf8').trim();
  } catch {
    throw new Error(`The password of the database in ${dataDir} is missing: ${passwordPath(dataDir)}.`);
  }
}

/** @param {string} dataDir @param {Installation} installation */
function checkMajor(dataDir, installation) {
  const major = Number(fs.readFileSync(path.join(dataDir, 'PG_VERSION'), 'utf8'));
  if (major === installation.major) return;
  throw new Error(`${dataDir} was written by PostgreSQL ${major}; this is ${installation.major}. Dump and restore it.`);
}

module.exports = { SUPERUSER, checkMajor, createDataDir, passwordPath, readPassword, settleDataDir };
