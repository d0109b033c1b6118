import type { Principal } from './actor';

/**
 * Finds the person behind a session token. The accounts room implements it; the kernel only knows this shape.
 */
export abstract class SessionAuthenticator {
  /** For a request of the person. @returns undefined when the token is unknown, expired or revoked, or its user is disabled. */
  abstract authenticate(token: string): Promise<Principal | undefined>;

  /** The same for what a page does by itself, without its person: the session goes on idling. */
  abstract recheck(token: string): Promise<Principal | undefined>;
}
