import type { DocumentDto } from '../../api/models';
import {
  readRebootPlan,
  readRebootResult,
  rebootProofs,
  tellingReasons,
  type RebootPlanDetails,
  type RebootResultDetails,
} from './reboot-documents';

const verified: RebootResultDetails = {
  outcome: 'verified',
  rebooted: true,
  before: { kernel: '6.1.0-1', uptime_seconds: 900 },
  after: { kernel: '6.1.0-2', uptime_seconds: 9 },
  expected_kernel: '6.1.0-2',
  new_failed_units: [],
};

const document = (contract: string, body: object | null, unreadable: string | null = null): DocumentDto =>
  ({ contract, unreadable, document: body }) as unknown as DocumentDto;

describe('documents of a reboot', () => {
  it('are read by their contract, and only where the server could', () => {
    expect(readRebootResult(document('reboot_result', verified))).toEqual(verified);
    expect(readRebootResult(document('apt_upgrade_result', verified))).toBeNull();
    expect(readRebootResult(document('reboot_result', verified, 'unknown_version'))).toBeNull();
    expect(readRebootResult(null)).toBeNull();
    expect(readRebootPlan(undefined)).toBeNull();
  });

  it('prove what was measured, and nothing else', () => {
    expect(rebootProofs(verified)).toEqual({ outcome: 'good', boot: 'good', kernel: 'good', units: 'good' });
    const gone = { ...verified, outcome: 'not_back', rebooted: false, after: null, new_failed_units: null } as const;
    expect(rebootProofs(gone)).toEqual({ outcome: 'bad', boot: 'unknown', kernel: 'unknown', units: 'unknown' });
    const old = { ...verified, outcome: 'old_kernel', after: { kernel: '6.1.0-1', uptime_seconds: 9 } } as const;
    expect(rebootProofs(old)).toMatchObject({ outcome: 'bad', boot: 'good', kernel: 'bad' });
    const degraded = { ...verified, outcome: 'degraded', new_failed_units: ['a.service'] } as const;
    expect(rebootProofs(degraded)).toMatchObject({ outcome: 'look', units: 'bad' });
    expect(rebootProofs({ ...verified, expected_kernel: null })).toMatchObject({ kernel: 'unknown' });
    expect(rebootProofs({ ...verified, outcome: 'not_rebooted', rebooted: false })).toMatchObject({ boot: 'bad' });
  });

  it('name the reasons that decide', () => {
    const reasons = [
      { verdict: 'needed', detail: 'a' },
      { verdict: 'not_needed', detail: 'b' },
    ];
    const plan = (state: RebootPlanDetails['need']['state']) =>
      tellingReasons({ need: { state, reasons } } as unknown as RebootPlanDetails);
    expect(plan('needed')).toEqual(['a']);
    expect(plan('not_needed')).toEqual(['b']);
    expect(plan('cannot_tell')).toEqual(['a', 'b']);
  });
});
