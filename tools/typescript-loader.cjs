'use strict';

/**
 * Lets a plain Node process load our sources: Jest's transformer is not there, and decorators cannot be stripped. What
 * was translated once is kept by the digest of its text, since some tests start a process fifty times. The launcher reads the
 * settings by it, before anything is built.
 */
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setFlagsFromString } = require('node:v8');

// As the program itself does, see backend/src/v8-flags.ts.
setFlagsFromString('--no-concurrent-sparkplug');

const config = path.join(__dirname, '..', 'tsconfig.backend.json');
const { version } = require('typescript/package.json');
const keptFor = `${version}\n${fs.readFileSync(config, 'utf8')}`;
const kept = path.join(os.tmpdir(), `system-update-tests-${process.getuid?.() ?? 0}-translated`);
fs.mkdirSync(kept, { recursive: true, mode: 0o700 });

require.extensions['.ts'] = (module, file) => {
  const source = fs.readFileSync(file, 'utf8');
  const known = path.join(kept, createHash('sha256').update(`${keptFor}\n${source}`).digest('hex'));
  if (!fs.existsSync(known)) {
    const draft = `${known}.${process.pid}`;
    fs.writeFileSync(draft, translate(source, file));
    fs.renameSync(draft, known);
  }
  module._compile(fs.readFileSync(known, 'utf8'), file);
};

function translate(source, fileName) {
  const ts = require('typescript');
  const { compilerOptions } = ts.readConfigFile(config, ts.sys.readFile).config;
  const options = {
    ...ts.convertCompilerOptionsFromJson(compilerOptions, '.').options,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: undefined,
    sourceMap: false,
  };
  return ts.transpileModule(source, { fileName, compilerOptions: options }).outputText;
}
