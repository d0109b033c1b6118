'use strict';

/** Says all that is wrong with the settings of the server, from its sources: nothing needs to be built for it. */
require('../typescript-loader.cjs');
const { loadConfig } = require('../../backend/src/kernel/config/config.ts');
const { startFailure } = require('../../backend/src/kernel/errors/start-failure.ts');

try {
  loadConfig(process.env);
} catch (error) {
  process.stderr.write(`${startFailure(error)}\n`);
  process.exitCode = 1;
}
