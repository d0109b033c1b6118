import path from 'node:path';

/** The checkout. */
export const root = path.resolve(import.meta.dirname, '..', '..');
export const node = process.execPath;
export const entry = path.join(root, 'dist', 'backend', 'src', 'main.js');
export const cli = path.join(root, 'dist', 'backend', 'src', 'cli.js');
/** Works in a checkout where nothing is built yet. */
export const settingsCheck = path.join(root, 'tools', 'launch', 'settings-check.cjs');
export const portal = path.join(root, 'dist', 'frontend', 'browser');
