/** Event type: machines belong to other networks than before; its payload names them (`machineIds`). */
export const NETWORKS_CHANGED = 'networks_changed';
