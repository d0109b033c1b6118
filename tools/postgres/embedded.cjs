'use strict';

/**
 * Runs the PostgreSQL server that npm brings: for `npm start` and `npm run demo` (durable) and for tests (fast).
 * CommonJS, because Jest's global setup and the launcher both load it as it is.
 *
 * PostgreSQL refuses to run as root, so root runs it as nobody; then nobody must be able to reach the binaries and
 * the data, which a checkout below a private home folder does not allow. Both are moved out of the way when needed.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const {
  SUPERUSER,
  checkMajor,
  createDataDir,
  passwordPath,
  readPassword,
  settleDataDir,
} = require('./data-folder.cjs');
const { bundledInstallation, foreignInstallation, serverEnvironment, serverIdentity } = require('./installation.cjs');

const { KeptUp } = require('./kept-up.cjs');

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 30_000;
const START_ATTEMPTS = 3;

/**
 * @typedef {object} StartOptions
 * @property {string} dataDir Folder of the data; made when missing, kept when durable.
 * @property {boolean} durable True: fsync on, password asked. False: fast, trusting, for tests only.
 * @property {string} logFile The server's log is appended here.
 * @property {number} [port] Port on 127.0.0.1; a free one is taken when absent.
 * @property {(how: string) => void} [onRestart] Told that the server ended by itself (by which code or signal) and is up again.
 * @property {(why: string) => void} [onEnd] Told that it ended by itself and could not be started again. Without it nothing is
 *   started again.
 * @property {string} [binDir] Folder of another PostgreSQL's initdb and postgres (15 or later).
 *
 * @typedef {object} RunningPostgres
 * @property {string} url Connection URL of the database `postgres`, superuser, password included.
 * @property {number} port
 * @property {number} pid Of the server that runs now.
 * @property {string} dataDir Where the data really is (differs from the wanted folder when that could not be reached).
 * @property {() => Promise<void>} stop Fast shutdown: clients are cut off, everything committed is on disk.
 * @property {() => Promise<void>} discard The same, and then the data go, wherever they are, with their password.
 *
 * @typedef {import('./installation.cjs').Identity} Identity
 * @typedef {import('./installation.cjs').Installation} Installation
 */

/** What a person has to know or mend: its message is the whole story. */
class PostgresError extends Error {}

/**
 * Starts a server, initialising its data folder on first use.
 * @param {StartOptions} options
 * @returns {Promise<RunningPostgres>} resolves when the server answers queries
 * @throws {PostgresError} when the folder is in use by a living program, or the server does not come up (with the log's tail)
 */
async function startPostgres(options) {
  const identity = serverIdentity();
  const installation = options.binDir ? foreignInstallation(options.binDir) : bundledInstallation(identity);
  const dataDir = settleDataDir(path.resolve(options.dataDir), identity);
  await endOrphan(dataDir);
  if (!fs.existsSync(path.join(dataDir, 'PG_VERSION'))) createDataDir(dataDir, installation, identity, options.durable);
  checkMajor(dataDir, installation);
  const password = options.durable ? readPassword(dataDir) : undefined;
  writeOwner(dataDir);
  try {
    return await launch(options, dataDir, installation, identity, password);
  } catch (error) {
    fs.rmSync(ownerPath(dataDir), { force: true });
    throw error;
  }
}

/**
 * The living program that runs a server with this data, null when there is none.
 * @param {string} wanted The folder as it is given to `startPostgres`.
 * @returns {number | null} its process id
 */
function inUseBy(wanted) {
  if (!fs.existsSync(wanted)) return null;
  const dataDir = fs.realpathSync(wanted);
  const owner = livingOwner(dataDir);
  return owner === process.pid ? null : owner;
}

/** @param {string} dataDir @returns {number | null} the process id of the server that runs there */
function serverIn(dataDir) {
  const pidFile = path.join(dataDir, 'postmaster.pid');
  if (!fs.existsSync(pidFile)) return null;
  const pid = Number.parseInt(fs.readFileSync(pidFile, 'utf8'), 10);
  return Number.isInteger(pid) && workingFolder(pid) === dataDir ? pid : null;
}

/** @param {string} dataDir */
const ownerPath = (dataDir) => `${dataDir}.owner`;

/**
 * A server left behind by a killed launcher is shut down; one whose launcher lives is somebody else's.
 * @param {string} dataDir
 */
async function endOrphan(dataDir) {
  const owner = livingOwner(dataDir);
  const pid = serverIn(dataDir);
  // Of a server that was killed another program may be about to start the next one.
  if (owner && (pid !== null || owner !== process.pid))
    throw new PostgresError(`${dataDir} is in use by process ${owner}.`);
  if (pid === null) {
    // The number now belongs to another program, or to none: PostgreSQL could refuse to start over it.
    fs.rmSync(path.join(dataDir, 'postmaster.pid'), { force: true });
    return;
  }
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + STOP_WITHIN_MS;
  while (workingFolder(pid) === dataDir) {
    if (Date.now() > deadline)
      throw new PostgresError(`The PostgreSQL left behind in ${dataDir} (${pid}) does not stop.`);
    await delay(25);
  }
}

/** PostgreSQL's working folder is its data folder. @param {number} pid */
function workingFolder(pid) {
  try {
    return fs.readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

/** The launcher's pid and start time: a pid alone may since have been given to another program. @param {string} dataDir */
function writeOwner(dataDir) {
  fs.writeFileSync(ownerPath(dataDir), `${process.pid} ${startTime(process.pid)}\n`, { mode: 0o600 });
}

/** @param {string} dataDir */
function livingOwner(dataDir) {
  if (!fs.existsSync(ownerPath(dataDir))) return null;
  const [pid = '', started] = fs.readFileSync(ownerPath(dataDir), 'utf8').trim().split(' ');
  return startTime(Number(pid)) === started ? Number(pid) : null;
}

/** Field 22 of /proc/PID/stat, counted after the parenthesised name. @param {number} pid */
function startTime(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return null;
  }
}

/**
 * @param {StartOptions} options @param {string} dataDir @param {Installation} installation
 * @param {Identity | null} identity @param {string | undefined} password
 * @returns {Promise<RunningPostgres>}
 */
async function launch(options, dataDir, installation, identity, password) {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const child = spawnServer(options, dataDir, port, installation, identity);
    const failure = await ready(child, port, password);
    if (!failure)
      return running(options, {
        child,
        port,
        dataDir,
        password,
        again: (taken) => spawnServer(options, dataDir, taken, installation, identity),
      });
    const tail = logTail(options.logFile);
    // Between finding a free port and binding it, another program may have taken it.
    const portTaken = options.port === undefined && /could not bind|Address already in use/.test(tail);
    if (!portTaken || attempt === START_ATTEMPTS)
      throw new PostgresError(`PostgreSQL did not start (${failure}).\n${tail}`);
  }
}

/**
 * @param {StartOptions} options @param {string} dataDir @param {number} port
 * @param {Installation} installation @param {Identity | null} identity
 */
function spawnServer(options, dataDir, port, installation, identity) {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(options.durable ? {} : FAST_SETTINGS),
  };
  fs.mkdirSync(path.dirname(path.resolve(options.logFile)), { recursive: true });
  const log = fs.openSync(options.logFile, 'a', 0o600);
  try {
    return spawn(
      path.join(installation.binDir, 'postgres'),
      ['-D', dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      // Detached: Ctrl-C in a terminal reaches the whole group, and the database must outlive the application's drain.
      { ...identity, detached: true, cwd: '/', env: serverEnvironment(), stdio: ['ignore', log, log] },
    );
  } finally {
    fs.closeSync(log);
  }
}

/** Losing a test's data costs nothing; waiting for the disk does. */
const FAST_SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '64MB',
  max_connections: '200',
  autovacuum_naptime: '10s',
};

/**
 * Waits until the server answers a query.
 * @param {import('node:child_process').ChildProcess} child @param {number} port @param {string | undefined} password
 * @returns {Promise<string | null>} null when ready, else the reason
 */
async function ready(child, port, password) {
  /** @type {string | null} */
  let ended = null;
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, signal) => (ended ??= `exit ${signal ?? code}`));
  const deadline = Date.now() + READY_WITHIN_MS;
  while (ended === null) {
    if (await answers(port, password)) return null;
    if (Date.now() > deadline) {
      child.kill('SIGQUIT');
      return `no answer within ${READY_WITHIN_MS / 1000} s`;
    }
    await delay(20);
  }
  return ended;
}

/** @param {number} port @param {string | undefined} password */
async function answers(port, password) {
  const { Client } = require('pg');
  const client = new Client({ connectionString: connectionUrl(port, password), connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * @param {StartOptions} options
 * @param {{ child: import('node:child_process').ChildProcess, port: number, dataDir: string, password: string | undefined,
 *   again: (port: number) => import('node:child_process').ChildProcess }} first
 * @returns {RunningPostgres}
 */
function running(options, { child, port, dataDir, password, again }) {
  const kept = new KeptUp(
    options,
    child,
    () => again(port),
    (server) => ready(server, port, password),
  );
  const stop = async () => {
    await kept.stop();
    fs.rmSync(ownerPath(dataDir), { force: true });
  };
  const discard = async () => {
    await stop();
    for (const left of [dataDir, passwordPath(dataDir)]) fs.rmSync(left, { recursive: true, force: true });
  };
  return {
    url: connectionUrl(port, password),
    port,
    get pid() {
      return kept.pid;
    },
    dataDir,
    stop,
    discard,
  };
}

/** @param {number} port @param {string | undefined} password */
function connectionUrl(port, password) {
  return `postgres://${SUPERUSER}${password ? `:${password}` : ''}@127.0.0.1:${port}/postgres`;
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** @param {string} file */
function logTail(file) {
  try {
    return fs.readFileSync(file, 'utf8').split('\n').slice(-15).join('\n');
  } catch {
    return '';
  }
}

/**
 * Removes the data folders below `home` whose programs are gone, and ends the servers that these left running.
 * @param {string} home A folder of non-durable data folders.
 */
async function removeAbandoned(home) {
  for (const name of fs.readdirSync(home).filter((entry) => entry.endsWith('.owner'))) {
    const dataDir = path.join(home, name.slice(0, -'.owner'.length));
    if (livingOwner(dataDir)) continue;
    await endOrphan(dataDir);
    for (const left of [dataDir, `${dataDir}.log`, ownerPath(dataDir)])
      fs.rmSync(left, { recursive: true, force: true });
  }
}

module.exports = { inUseBy, PostgresError, removeAbandoned, startPostgres };
