import type { HostKeyDto } from '../../../api/models';
import { approvedKey, offeredKey } from './offered-key';

const key = (keyType: string, status: HostKeyDto['status']): HostKeyDto => ({
  id: `${keyType} ${status}`,
  keyType,
  fingerprintSha256: `SHA256:${keyType}`,
  status,
  firstSeenAt: '2026-01-01T00:00:00Z',
  lastSeenAt: '2026-01-01T00:00:00Z',
  approvedBy: null,
});

describe('the key to decide about', () => {
  it.each<[string, HostKeyDto[], boolean, string | null]>([
    ['nothing was shown', [], false, null],
    ['first contact', [key('ed', 'unknown'), key('ecdsa', 'unknown')], false, 'ed unknown'],
    ['first contact, the best one rejected', [key('ed', 'rejected'), key('ecdsa', 'unknown')], false, 'ecdsa unknown'],
    ['approved, and another type beside it', [key('ed', 'approved'), key('ecdsa', 'unknown')], false, null],
    [
      'approved after a change, and another type beside it',
      [key('ed', 'approved'), key('rsa', 'changed')],
      false,
      null,
    ],
    ['quarantined', [key('ed', 'approved'), key('ed', 'changed'), key('ecdsa', 'unknown')], true, 'ed changed'],
    ['quarantined, the shown key rejected', [key('ed', 'approved'), key('ed', 'rejected')], true, null],
    ['quarantined, a leftover beside', [key('ed', 'approved'), key('ecdsa', 'unknown')], true, null],
    [
      'quarantined, and nothing is approved any more',
      [key('ed', 'rejected'), key('rsa', 'unknown')],
      true,
      'rsa unknown',
    ],
  ])('%s', (_case, keys, quarantined, id) => {
    expect(offeredKey(keys, quarantined)?.id ?? null).toBe(id);
  });

  it('finds the approved one', () => {
    expect(approvedKey([key('rsa', 'changed'), key('ed', 'approved')])?.keyType).toBe('ed');
    expect(approvedKey([key('ed', 'rejected')])).toBeNull();
  });
});
