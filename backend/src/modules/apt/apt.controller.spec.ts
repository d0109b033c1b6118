import { goldenExample } from '../../../test/support/golden-examples';
import { SystemClock } from '../../kernel/clock';
import type { Reading } from '../../kernel/contracts/contracts';
import { DomainError } from '../../kernel/errors/domain-error';
import type { Snapshots, StoredSnapshot } from '../history/snapshots';
import type { SettingsService } from '../settings/settings.service';
import type { AptHolds, RememberedHold } from './apt-holds';
import { AptController } from './apt.controller';
import type { AptUpdateAnalyze } from './contracts/apt-update-analyze.v1';

const id = '01900000-0000-7000-8000-0000000000aa';

function controllerOf(payload: Reading<unknown>, staleAfterDays = 7, remembered: RememberedHold[] = []): AptController {
  const stored: StoredSnapshot = { id, kind: 'apt_update_analyze', status: 'ok', createdAt: new Date(0), payload };
  const snapshots = { latest: () => Promise.resolve(stored) } as unknown as Snapshots;
  const settings = { get: () => Promise.resolve(staleAfterDays) } as unknown as SettingsService;
  const holds = { of: () => Promise.resolve(new Map(remembered.map((hold) => [hold.name, hold]))) };
  return new AptController(snapshots, new SystemClock(), settings, holds as unknown as AptHolds, undefined as never);
}

it('shows the last analysis', async () => {
  const document = goldenExample('apt_update_analyze', 1);
  const state = await controllerOf({ readable: true, version: 1, document }).state(id);
  expect(state).toMatchObject({ snapshotId: id, packages: expect.arrayContaining([expect.anything()]) as unknown[] });
});

it('says after how many days the lists are old, by the setting', async () => {
  const document = goldenExample('apt_update_analyze', 1) as AptUpdateAnalyze;
  const lately = new Date(Date.now() - 1.5 * 86_400_000).toISOString();
  const aged = { ...document, index: { ...document.index, last_success_at: lately } };
  const state = (days: number) => controllerOf({ readable: true, version: 1, document: aged }, days).state(id);
  expect(await state(2)).toMatchObject({ stale: false, staleReason: null });
  expect(await state(1)).toMatchObject({ stale: true, staleReason: expect.stringContaining('1') as string });
});

it('tells of each hold who set it and why, and that its day has passed; never of one that is gone', async () => {
  const golden = goldenExample('apt_update_analyze', 1) as AptUpdateAnalyze;
  const document = { ...golden, holds: ['kept', 'found', 'overdue:i386'] };
  const setAt = new Date('2026-01-01T00:00:00Z');
  const hold = (name: string, expiresAt: Date | null): RememberedHold => ({
    name,
    note: 'Waits for 2.1',
    setBy: 'ada',
    setAt,
    expiresAt,
  });
  const later = new Date(Date.now() + 60_000);
  const remembered = [hold('kept', later), hold('overdue:i386', new Date('2026-01-02T00:00:00Z')), hold('gone', null)];
  const { holds } = await controllerOf({ readable: true, version: 1, document }, 7, remembered).state(id);
  const ours = { ours: true, setBy: 'ada', setAt, note: 'Waits for 2.1' };
  expect(holds).toEqual([
    { name: 'kept', ...ours, expiresAt: later, expired: false },
    { name: 'found', ours: false, setBy: null, setAt: null, note: null, expiresAt: null, expired: false },
    { name: 'overdue:i386', ...ours, expiresAt: new Date('2026-01-02T00:00:00Z'), expired: true },
  ]);
});

it('says where to look at one that it cannot read', async () => {
  const unread = controllerOf({ readable: false, version: 7, document: { schema_version: 7 }, reason: 'newer' });
  const refused = await unread.state(id).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(DomainError);
  expect(refused).toMatchObject({
    code: 'document_unreadable',
    status: 409,
    detail: expect.stringContaining('apt_update_analyze@7') as string,
    extensions: { snapshotId: id },
  });
});
