/**
 * The program may not start until somebody has mended what the message says. It is for people, so it is printed as it
 * is and without a stack.
 */
export class StartRefusedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartRefusedError';
  }
}
