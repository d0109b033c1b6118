'use strict';

/**
 * `backend` and `frontend` need nothing but PostgreSQL's binaries; `e2e` needs real machines (root on Linux) and Chromium.
 * Run through `npm test`, which gives Node the flags that Jest needs here.
 */
const node = {
  testEnvironment: 'node',
  rootDir: __dirname,
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.spec.json' }] },
  globalSetup: '<rootDir>/backend/test/support/global-setup.cjs',
  globalTeardown: '<rootDir>/backend/test/support/global-teardown.cjs',
};

module.exports = {
  // Migrating a database takes longer than Jest's five seconds on a loaded machine. Jest reads this here only.
  testTimeout: 60_000,
  projects: [
    { ...node, displayName: 'backend', testMatch: ['<rootDir>/backend/**/*.spec.ts'] },
    '<rootDir>/frontend/jest.config.cjs',
    {
      ...node,
      displayName: 'e2e',
      testEnvironment: '<rootDir>/backend/test/support/own-fleet.cjs',
      testMatch: ['<rootDir>/{backend/test,frontend}/e2e/*.e2e-spec.ts'],
      testTimeout: 120_000,
    },
  ],
};
