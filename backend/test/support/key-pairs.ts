import { utils } from 'ssh2';

/** How a private key is sealed. */
export interface Sealing {
  readonly passphrase: string;
  readonly cipher: string;
  readonly rounds: number;
}

/** ssh2 makes about one Ed25519 key in four hundred that neither it nor OpenSSH can read; such a one is made again. */
export function ed25519KeyPair(sealing?: Sealing): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair =
      sealing === undefined ? utils.generateKeyPairSync('ed25519') : utils.generateKeyPairSync('ed25519', sealing);
    if (!(utils.parseKey(pair.private, sealing?.passphrase) instanceof Error)) return pair;
  }
}
