import type { Client } from 'ssh2';

/** What of the library's protocol hears requests of the server that are about no channel. Its types leave it out. */
interface Internals {
  readonly _protocol?: {
    readonly _handlers?: {
      GLOBAL_REQUEST?: (protocol: { requestFailure(): void }, name: string, wantsReply: boolean) => void;
    };
  };
}

/**
 * Answers every request of the server that it does not know it, as the library does with all but one: OpenSSH names its host keys
 * after each login, and the library has every one of them proven at once. That is as many signatures by the machine and as many
 * checks by us, at every connection, for keys that nobody waits for: which ones are approved, people decide.
 *
 * Call it after `connect()`. A library that is made otherwise has the keys proven, and nothing else is lost.
 */
export function passOverGlobalRequests(client: Client): void {
  const handlers = (client as unknown as Internals)._protocol?._handlers;
  if (handlers === undefined) return;
  handlers.GLOBAL_REQUEST = (protocol, _name, wantsReply) => {
    if (wantsReply) protocol.requestFailure();
  };
}
