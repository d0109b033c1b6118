const PREFIX = 'SHA256:';

/** The fingerprint in fours, so that two people can read it to each other. */
export function inFours(fingerprint: string): string {
  const bare = fingerprint.startsWith(PREFIX) ? fingerprint.slice(PREFIX.length) : fingerprint;
  return `${PREFIX} ${(bare.match(/.{1,4}/g) ?? []).join(' ')}`;
}

/**
 * Compares what was pasted with the fingerprint that the machine offered. Takes a whole line of `ssh-keygen -l` and
 * spaces; letters must agree exactly.
 *
 * @returns null while nothing comparable was pasted
 */
export function sameFingerprint(pasted: string, offered: string): boolean | null {
  const found = /SHA256:\s*([A-Za-z0-9+/=\s]+?)(?:\s+\S*[@(].*)?$/m.exec(pasted.trim());
  const text = (found?.[1] ?? pasted).replace(/\s+/g, '').replace(/=+$/, '');
  if (text.length < 8) {
    return null;
  }
  return `${PREFIX}${text}` === offered.replace(/=+$/, '');
}

/** The command that prints the fingerprint on the machine itself. */
export function commandFor(keyType: string): string {
  const name = keyType
    .replace(/^ssh-/, '')
    .replace(/^ecdsa-.*/, 'ecdsa')
    .replace(/^rsa-.*/, 'rsa');
  const safe = ['ed25519', 'ecdsa', 'rsa', 'dsa'].includes(name) ? name : 'ed25519';
  return `ssh-keygen -lf /etc/ssh/ssh_host_${safe}_key.pub`;
}

/** The two parts of a changed fingerprint: what both share at the start, and where they part. */
export function splitAtChange(fingerprint: string, other: string): { same: string; changed: string } {
  let at = 0;
  while (at < fingerprint.length && fingerprint[at] === other[at]) {
    at++;
  }
  return { same: fingerprint.slice(0, at), changed: fingerprint.slice(at) };
}
