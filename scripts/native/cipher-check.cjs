'use strict';
/*
 * Drops ciphers of ssh2's compiled module and has the garbage collector free them from a task of its own, as it mostly does
 * in a long-lived process. Where they are not safe to free, this process aborts. Fails as well where there is no such
 * module, or where this Node cannot load it. Run with --expose-gc.
 */
const { AESGCMCipher, AESGCMDecipher } = require('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node');

for (let made = 0; made < 1000; made++) {
  new AESGCMCipher('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12));
  new AESGCMDecipher('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12));
}
globalThis.gc({ type: 'major', execution: 'async' }).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
