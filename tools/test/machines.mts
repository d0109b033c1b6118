import { Fleet, FleetError } from '../fleet/client.mts';
import { say } from '../launch/output.mts';
import { isRoot, missingPackages, testPackages } from '../launch/packages.mts';
import { node } from '../launch/paths.mts';

/** How many real machines the end-to-end tests share, in both suites: five that hang, and some that do not. */
const MACHINES = 8;
/** One of each suite with systemd: what changes a machine runs differently there. */
const SYSTEMD_MACHINES = 2;

const place = {
  root: process.env['FLEET_ROOT'] ?? '/var/lib/system-update-test',
  net: process.env['FLEET_NET'] ?? '127.0.30',
  apt: process.env['FLEET_APT'] ?? '127.0.30.254:8480',
};

export interface TestMachines {
  /** Tells the tests where the fleet is. */
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

async function obstacle(fleet: Fleet): Promise<string | undefined> {
  if (process.platform !== 'linux' || !isRoot()) return 'real machines need root on Linux';
  const missing = missingPackages(testPackages);
  return missing.length > 0 ? `missing Debian packages: ${missing.join(', ')}` : fleet.missing();
}

/** Brings up fresh machines for one run. @returns in a sentence why that cannot be here, where it cannot. */
export async function startTestMachines(signal: AbortSignal): Promise<TestMachines | string> {
  const fleet = new Fleet(place);
  const problem = await obstacle(fleet);
  if (problem !== undefined) return problem;
  say(`Starting ${String(MACHINES + SYSTEMD_MACHINES)} Debian machines …`);
  try {
    await fleet.down();
    await fleet.up(MACHINES, { suite: 'mix', bulkSsh: true });
    signal.throwIfAborted();
    await fleet.up(SYSTEMD_MACHINES, { suite: 'mix', bulkSsh: true, variant: 'systemd', from: MACHINES + 1 });
    signal.throwIfAborted();
  } catch (error) {
    // Nobody else knows of those that are up already.
    await fleet.down();
    signal.throwIfAborted();
    if (!(error instanceof FleetError)) throw error;
    return `they could not be made: ${error.reason}`;
  }
  const env = { FLEET_ROOT: place.root, FLEET_NET: place.net, FLEET_APT: place.apt, NODE: node };
  return { env, stop: () => fleet.down() };
}
