/**
 * Conditions about a machine, given as an expression of its id: a change is at work there, be it out of reach at this moment; and a worker
 * follows it, so that its end can be expected. Its lock says neither: it is free while nobody can reach the machine.
 */
export const changeAtWork = (machineId: string): string =>
  `EXISTS (SELECT 1 FROM jobs work WHERE work.machine_id = ${machineId} AND work.status = 'running' AND work.request_id IS NOT NULL)`;

export const changeFollowed = (machineId: string): string =>
  `EXISTS (SELECT 1 FROM jobs work WHERE work.machine_id = ${machineId} AND work.status = 'running' AND work.request_id IS NOT NULL
    AND work.phase IS DISTINCT FROM 'reconciling')`;
