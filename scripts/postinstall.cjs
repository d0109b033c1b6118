'use strict';
/*
 * Builds ssh2's native parts against the Node that the project runs on, and keeps them only where they are safe to use.
 *
 * npm itself may run on an older Node, whose headers give binaries that ours cannot load; ssh2 then
 * falls back to JavaScript crypto without a word. A machine without a compiler is fine: the product
 * works on the fallback and its health page says which of the two is in use.
 */
const { spawnSync } = require('node:child_process');
const { existsSync, rmSync } = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const native = path.join(__dirname, 'native');
const bundled = path.join(root, 'node_modules', `node-linux-${process.arch}`);

function rebuild(name, env) {
  const built = spawnSync('npm', ['rebuild', name, '--foreground-scripts'], {
    cwd: root,
    env: { ...process.env, npm_config_nodedir: bundled, ...env },
    encoding: 'utf8',
  });
  return !built.error && built.status === 0;
}

/** Ends the process that loads it where the ciphers are not safe to free; so that is asked in a process of its own. */
function ciphersWork(node) {
  return (
    spawnSync(node, ['--expose-gc', path.join(native, 'cipher-check.cjs')], { cwd: root, stdio: 'ignore' }).status === 0
  );
}

const hasBundled = existsSync(path.join(bundled, 'include', 'node'));
if (hasBundled) {
  rebuild('cpu-features', {});
  rebuild('ssh2', { CPATH: native, CXXFLAGS: `${process.env.CXXFLAGS ?? ''} -include object-wrap.h` });
}
if (!ciphersWork(hasBundled ? path.join(bundled, 'bin', 'node') : process.execPath)) {
  rmSync(path.join(root, 'node_modules/ssh2/lib/protocol/crypto/build'), { recursive: true, force: true });
  console.log(
    'postinstall: ssh2 has no native crypto here (is a C++ compiler installed?); it will use JavaScript crypto',
  );
}
