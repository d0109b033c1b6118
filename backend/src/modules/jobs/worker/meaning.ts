/** The action could not make anything of what the machine left. */
export class MeaninglessError extends Error {
  constructor(cause: unknown) {
    super('an outcome could not be read', { cause });
  }
}

/**
 * What an action does with the evidence of a run that is over. A fault of ours in it is no reason to look at the machine again,
 * for ever and with the machine taken: it ends the job as such.
 * @throws MeaninglessError
 */
export async function ofOurs<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new MeaninglessError(error);
  }
}
