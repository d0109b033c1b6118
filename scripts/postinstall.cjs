'use strict';
/*
 * Builds ssh2's native parts against the Node that the project runs on.
 *
 * npm itself may run on an older Node, whose headers give binaries that ours cannot load; ssh2 then
 * falls back to JavaScript crypto without a word. A machine without a compiler is fine: the product
 * works on the fallback and its health page says which of the two is in use.
 */
const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const bundled = path.join(root, 'node_modules', `node-linux-${process.arch}`);
if (!existsSync(path.join(bundled, 'include', 'node'))) {
  console.log(`postinstall: no bundled Node for ${process.platform}-${process.arch}; ssh2 keeps what npm built`);
  process.exit(0);
}
const built = spawnSync('npm', ['rebuild', 'ssh2', 'cpu-features', '--foreground-scripts'], {
  cwd: root,
  env: { ...process.env, npm_config_nodedir: bundled },
  encoding: 'utf8',
});
if (built.error || built.status !== 0) {
  console.log(
    'postinstall: ssh2 has no native crypto here (is a C++ compiler installed?); it will use JavaScript crypto',
  );
}
