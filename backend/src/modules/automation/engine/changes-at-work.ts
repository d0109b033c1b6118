/** A condition about a machine, by an expression of its id: a change is at work there, be it out of reach at this moment and without a lock. */
export const changeAtWork = (machineId: string): string =>
  `EXISTS (SELECT 1 FROM jobs work WHERE work.machine_id = ${machineId} AND work.status = 'running' AND work.request_id IS NOT NULL)`;
