import { bindingAvailable } from 'ssh2/lib/protocol/crypto.js';

/**
 * True when ssh2 runs on its compiled cipher module; without it the same ciphers run in JavaScript at about half the
 * speed and twice the CPU.
 */
export function nativeCrypto(): boolean {
  return bindingAvailable;
}
