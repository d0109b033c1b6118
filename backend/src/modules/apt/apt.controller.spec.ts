import { goldenExample } from '../../../test/support/golden-examples';
import { SystemClock } from '../../kernel/clock';
import type { Reading } from '../../kernel/contracts/contracts';
import { DomainError } from '../../kernel/errors/domain-error';
import type { Snapshots, StoredSnapshot } from '../history/snapshots';
import { AptController } from './apt.controller';

const id = '01900000-0000-7000-8000-0000000000aa';

function controllerOf(payload: Reading<unknown>): AptController {
  const stored: StoredSnapshot = { id, kind: 'apt_update_analyze', status: 'ok', createdAt: new Date(0), payload };
  return new AptController({ latest: () => Promise.resolve(stored) } as unknown as Snapshots, new SystemClock());
}

it('shows the last analysis', async () => {
  const document = goldenExample('apt_update_analyze', 1);
  const state = await controllerOf({ readable: true, version: 1, document }).state(id);
  expect(state).toMatchObject({ snapshotId: id, packages: expect.arrayContaining([expect.anything()]) as unknown[] });
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
