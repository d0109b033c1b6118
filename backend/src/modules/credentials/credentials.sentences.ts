import { sentences } from '../../kernel/sentences/sentences';

export const say = sentences('credentials', {
  unreadable: 'The stored credentials of this machine cannot be decrypted.',
  unreadable_action: 'Enter them again.',
  none: 'No credentials are stored for this machine.',
  none_action: 'Enter how to sign in to it.',
  fingerprint_mismatch: 'The fingerprint that was compared is not the one of this key. Nothing was approved.',
  fingerprint_mismatch_action: 'Scan the host keys again and compare them with the machine itself.',
  field_needed: '{field} is needed',
  field_unused_sign_in: '{field} is not used with the chosen sign-in method; leave it out',
  field_unused_sudo: '{field} is not used with the chosen sudo mode; leave it out',
  too_many_rounds:
    "This key's passphrase takes {rounds} rounds of derivation; at most {max} can be used. Make it again with ssh-keygen -a 24.",
  public_key: 'This is a public key; the private one is needed.',
  passphrase_needed: 'This key is encrypted: its passphrase is needed.',
  passphrase_wrong: 'The passphrase does not open this key.',
  pkcs8: 'Keys in PKCS#8 cannot be read. Convert a copy with ssh-keygen -p -f FILE and enter that.',
  no_private_key: 'This is no private key that can be read: OpenSSH or PEM is expected.',
});
