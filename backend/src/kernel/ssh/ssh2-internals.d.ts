/** The one inner module of ssh2 that is read; its published types leave it out. */
declare module 'ssh2/lib/protocol/crypto.js' {
  export const bindingAvailable: boolean;
}
