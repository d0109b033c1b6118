'use strict';

const { createEsmPreset } = require('jest-preset-angular/presets');

/** The portal's fast tests: jsdom, no server. The ESM preset, because the run has --experimental-vm-modules. */
module.exports = {
  ...createEsmPreset({ tsconfig: '<rootDir>/tsconfig.spec.json' }),
  displayName: 'frontend',
  rootDir: __dirname,
  setupFilesAfterEnv: ['<rootDir>/src/test-setup.ts'],
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
};
