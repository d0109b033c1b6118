import type { DocumentDto, PlanCheckDto } from '../../api/models';
import { blockingErrors, readPlanNotes } from './plan-notes';

const document = (body: Record<string, unknown> | null, over: Partial<DocumentDto> = {}): DocumentDto => ({
  contract: 'any_plan',
  schemaVersion: 1,
  document: body,
  notice: null,
  said: {},
  unreadable: null,
  ...over,
});

describe('readPlanNotes', () => {
  it('tells what the plan of whichever action holds, and nothing of the rest', () => {
    const kept = [{ name: 'linux-image-6.1', version: '6.1', reason: 'kernel_running' }];
    const none = { kept: null, marks: null, note: null, expiresAt: null, complaints: null, freedBytes: null };
    expect(readPlanNotes(document({ kept }))).toEqual({ ...none, kept });
    const marked = { marks: ['vim'], note: 'Why', expires_at: '2026-03-01T00:00:00.000Z' };
    expect(readPlanNotes(document(marked))).toEqual({
      ...none,
      marks: ['vim'],
      note: 'Why',
      expiresAt: '2026-03-01T00:00:00.000Z',
    });
    expect(readPlanNotes(document({ complaints: ['E: a'] }))).toEqual({ ...none, complaints: ['E: a'] });
    expect(readPlanNotes(document({ disk_bytes: -2048 }))).toEqual({ ...none, freedBytes: 2048 });
    expect(readPlanNotes(document({ mode: 'upgrade', disk_bytes: 10 }))).toEqual(none);
  });

  it('is null without a document that can be read', () => {
    expect(readPlanNotes(undefined)).toBeNull();
    expect(readPlanNotes(document(null))).toBeNull();
    expect(readPlanNotes(document({ kept: [] }, { unreadable: 'newer' }))).toBeNull();
  });
});

describe('blockingErrors', () => {
  const check = (verdict: PlanCheckDto['verdict'], code: string): PlanCheckDto => ({
    code: 'dpkg',
    verdict,
    sentence: '',
    action: null,
    said: { action: [{ text: '', code, params: {} }] },
  });

  it('are named by what the checks that block say to do', () => {
    const checks = [
      check('blocked', 'apt_remediation.dpkg_interrupted'),
      check('warning', 'apt_remediation.packages_broken'),
      check('blocked', 'apt.check_space_action'),
      { ...check('blocked', ''), said: {} },
    ];
    expect(blockingErrors(checks)).toEqual(['dpkg_interrupted']);
  });
});
