'use strict';

const { TestEnvironment } = require('jest-environment-node');

/**
 * The environment of the end-to-end tests: Node's own. Files that run at once must not meet on the same machines, so each of Jest's
 * processes has a fleet of its own. Set here, in the process itself: what tests see is a copy, which their children do not inherit.
 */
const fleets = JSON.parse(process.env.TEST_FLEETS ?? '[]');
if (fleets.length > 0) Object.assign(process.env, fleets[Number(process.env.JEST_WORKER_ID) - 1]);

module.exports = TestEnvironment;
