import path from 'node:path';

const folder = path.join(__dirname, '..', 'scripts', 'apt-update-analyze');

/** The script that asks a machine what `apt_update_analyze` has to know: these files, sent as one. */
export const ANALYZE_SCRIPTS: readonly string[] = [
  '10-work.sh',
  '20-refresh.sh',
  '30-plans.sh',
  '40-machine.sh',
  '90-run.sh',
].map((name) => path.join(folder, name));
