import path from 'node:path';

const folder = path.join(__dirname, '..', 'scripts', 'apt-update-analyze');

/** The script that asks a machine what `apt_update_analyze` has to know: these files, sent as one. */
export const ANALYZE_SCRIPTS: readonly string[] = [
  '10-work.sh',
  '15-proxy.sh',
  '20-refresh.sh',
  '30-plans.sh',
  '40-machine.sh',
  '50-history.sh',
  '90-run.sh',
].map((name) => path.join(folder, name));

/** Only what they say how to find out, for scripts that ask for some of it. */
export const ANALYZE_FUNCTIONS: readonly string[] = ['10-work.sh', '40-machine.sh'].map((name) =>
  path.join(folder, name),
);

/** The proxy of whatever fetches; goes ahead of a script that asks for it. */
export const PROXY_SCRIPT = path.join(folder, '15-proxy.sh');
