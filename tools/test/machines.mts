import { Fleet, FleetError, type FleetPlace } from '../fleet/client.mts';
import { say } from '../launch/output.mts';
import { isRoot, missingPackages, testPackages } from '../launch/packages.mts';
import { node } from '../launch/paths.mts';

/** How many real machines a file of end-to-end tests has, in both suites: five that hang, and some that do not. */
const MACHINES = 8;
/** One of each suite with systemd: what changes a machine runs differently there. */
const SYSTEMD_MACHINES = 2;

/** As many files of tests run at once, each beside machines of its own. */
export const FLEETS = 3;

const { FLEET_ROOT, FLEET_NET, FLEET_APT } = process.env;

/** Where they live. The environment may name the place of the first; the others follow it. */
function places(): Required<Pick<FleetPlace, 'root' | 'net' | 'apt'>>[] {
  const root = FLEET_ROOT ?? '/var/lib/system-update-test';
  const net = FLEET_NET ?? '127.0.30';
  const others = Array.from({ length: FLEETS - 1 }, (_, index) => {
    const next = net.replace(/\d+$/, (number) => String(Number(number) + index + 1));
    return { root: `${root}-${String(index + 2)}`, net: next, apt: `${next}.254:8480` };
  });
  return [{ root, net, apt: FLEET_APT ?? `${net}.254:8480` }, ...others];
}

export interface TestMachines {
  /** Tells each process of the tests where its fleet is (`TEST_FLEETS`). */
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

async function obstacle(fleets: readonly Fleet[]): Promise<string | undefined> {
  if (process.platform !== 'linux' || !isRoot()) return 'real machines need root on Linux';
  const missing = missingPackages(testPackages);
  return missing.length > 0 ? `missing Debian packages: ${missing.join(', ')}` : fleets[0]?.missing();
}

async function up(fleet: Fleet, signal: AbortSignal): Promise<void> {
  await fleet.down();
  await fleet.up(MACHINES, { suite: 'mix', bulkSsh: true });
  signal.throwIfAborted();
  await fleet.up(SYSTEMD_MACHINES, { suite: 'mix', bulkSsh: true, variant: 'systemd', from: MACHINES + 1 });
  signal.throwIfAborted();
}

/** Brings up fresh machines for one run. @returns in a sentence why that cannot be here, where it cannot. */
export async function startTestMachines(signal: AbortSignal): Promise<TestMachines | string> {
  const chosen = places();
  const fleets = chosen.map((place) => new Fleet(place));
  const problem = await obstacle(fleets);
  if (problem !== undefined) return problem;
  const stop = async (): Promise<void> => {
    await Promise.all(fleets.map((fleet) => fleet.down()));
  };
  say(`Starting ${String(FLEETS)} times ${String(MACHINES + SYSTEMD_MACHINES)} Debian machines …`);
  try {
    // One after the other: the first makes what all of them stand on.
    for (const fleet of fleets) await up(fleet, signal);
  } catch (error) {
    // Nobody else knows of those that are up already.
    await stop();
    signal.throwIfAborted();
    if (!(error instanceof FleetError)) throw error;
    return `they could not be made: ${error.reason}`;
  }
  const named = chosen.map(({ root, net, apt }) => ({ FLEET_ROOT: root, FLEET_NET: net, FLEET_APT: apt }));
  return { env: { TEST_FLEETS: JSON.stringify(named), NODE: node }, stop };
}
