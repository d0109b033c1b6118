import type { Principal } from './actor';

/**
 * Finds the person behind a session token. The accounts room implements it; the kernel only knows this shape.
 */
export abstract class SessionAuthenticator {
  /** @returns undefined when the token is unknown, expired or revoked, or its user is disabled. */
  abstract authenticate(token: string): Promise<Principal | undefined>;
}
