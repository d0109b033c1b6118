import { readFileSync } from 'node:fs';
import path from 'node:path';

const scripts = path.join(__dirname, '..', 'scripts');

/** What apt runs before it begins; a file of its own on the machine. Text of shell, the parameter `GUARD` of a run. */
export const APT_GUARD = ['apt-transaction.sh', 'apt-guard.sh']
  .map((name) => readFileSync(path.join(scripts, name), 'utf8'))
  .join('\n');
