import type { OwnHosts } from '../../src/kernel/hosts/product-hosts';

/** No process has told where it runs. */
export const noHosts: OwnHosts = { machineIds: new Set(), complete: false, database: null };
