import type { DocumentDto } from '../../api/models';
import { readPlanDetails } from './plan-details';

const counts = { upgraded: 3, installed: 1, removed: 2, downgraded: 1, security: 1, left_back: 0 };
const body = {
  schema_version: 2,
  mode: 'upgrade_with_new',
  scope: 'all',
  packages: [
    { line: 'upgrade curl:amd64 1 2 Debian', operation: 'upgrade', name: 'curl', security: true, rollback: null },
  ],
  left_back: null,
  modes: { upgrade: null, upgrade_with_new: counts, dist_upgrade: { ...counts, removed: 0 } },
  download_bytes: 0,
  disk_bytes: null,
  file_systems: [
    { mount: '/boot', size_bytes: 100, available_bytes: 40, needed_bytes: null, inodes: 200, inodes_free: 150 },
    { mount: '/', size_bytes: 100, available_bytes: 40, needed_bytes: 10, inodes: 0, inodes_free: 0 },
  ],
  reboot: { expected: null, reasons: [] },
  services: null,
  downloaded: false,
  conffile_questions: null,
  news: null,
  index: { basis: 'full', age_seconds: 60, last_success_at: null },
  no_remove: true,
};
const document = (over: Partial<DocumentDto> = {}): DocumentDto => ({
  contract: 'apt_upgrade_plan',
  schemaVersion: 2,
  document: body,
  notice: null,
  said: {},
  unreadable: null,
  ...over,
});

describe('readPlanDetails', () => {
  it('takes the sentences of the server with it', () => {
    const left = { name: 'a', arch: 'amd64', installed_version: '1', available_version: '2', security: null };
    const sentence = [{ text: 'On hold.', code: 'apt.held', params: {} }];
    const details = readPlanDetails(
      document({
        document: { ...body, left_back: [{ ...left, reason: 'held', detail: 'On hold.' }] },
        said: { 'left_back.0.detail': sentence },
      }),
    );
    expect(details?.left?.[0]?.said).toEqual({ detail: sentence });
  });

  it('reads what the page shows besides the lines, and takes nothing unknown for nothing', () => {
    const details = readPlanDetails(document());
    expect(details).toMatchObject({
      mode: 'withNew',
      scope: 'all',
      left: null,
      modes: [
        { mode: 'withNew', changes: 5, removals: 2 },
        { mode: 'full', changes: 5, removals: 0 },
      ],
      downloadBytes: 0,
      services: null,
      downloaded: false,
      conffiles: null,
      news: null,
      reboot: 'unknown',
    });
    expect(details?.facts.get('upgrade curl:amd64 1 2 Debian')).toEqual({ security: true, rollback: null });
    expect(details?.volumes.map(({ needBytes, freeInodes }) => [needBytes, freeInodes])).toEqual([
      [null, 75],
      [10, null],
    ]);
  });

  it('reads what the archives told, once they are there', () => {
    const news = [{ package: 'curl', version: '2', written_at: null, text: 'It is new.' }];
    const told = { downloaded: true, conffile_questions: [{ package: 'curl', path: '/etc/curlrc' }], news };
    const details = readPlanDetails(document({ document: { ...body, ...told } }));
    expect(details).toMatchObject({ downloaded: true, conffiles: ['/etc/curlrc'], news });
  });

  it('reads no plan that is none between modes, and none that the server could not read', () => {
    expect(readPlanDetails(undefined)).toBeNull();
    expect(readPlanDetails(document({ contract: 'any_plan', document: { packages: [] } }))).toBeNull();
    expect(readPlanDetails(document({ unreadable: 'newer' }))).toBeNull();
  });
});
