import { commandFor, inFours, sameFingerprint, splitAtChange } from './fingerprint';

const OFFERED = 'SHA256:Qm3x7fLrVn0ekT9aW2ysbD4u8hJcoP1zR6gXiE5tvAY';

describe('fingerprints', () => {
  it('are written in fours', () => {
    expect(inFours('SHA256:Qm3x7fLrVn')).toBe('SHA256: Qm3x 7fLr Vn');
  });

  it.each([
    OFFERED,
    `  ${OFFERED}  `,
    OFFERED.slice(7),
    inFours(OFFERED),
    `256 ${OFFERED} root@nas (ED25519)`,
    `${OFFERED}=`,
  ])('%s is the same key', (pasted) => {
    expect(sameFingerprint(pasted, OFFERED)).toBe(true);
  });

  it.each([OFFERED.toLowerCase(), OFFERED.slice(0, -1), OFFERED.replace('Y', 'Z'), `${OFFERED}A`])(
    '%s is different',
    (pasted) => {
      expect(sameFingerprint(pasted, OFFERED)).toBe(false);
    },
  );

  it('say nothing before something was pasted', () => {
    expect(sameFingerprint('', OFFERED)).toBeNull();
    expect(sameFingerprint('SHA', OFFERED)).toBeNull();
  });

  it('come with the command that prints them on the machine, whatever the key type claims', () => {
    expect(commandFor('ssh-ed25519')).toBe('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub');
    expect(commandFor('ecdsa-sha2-nistp256')).toContain('ssh_host_ecdsa_key.pub');
    expect(commandFor('$(id)')).toContain('ssh_host_ed25519_key.pub');
  });

  it('show where a changed one differs', () => {
    expect(splitAtChange('SHA256:ab12', 'SHA256:ab99')).toEqual({ same: 'SHA256:ab', changed: '12' });
  });
});
