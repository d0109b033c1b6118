import { NEED_STATES, needOf, needOfRank, rankOf, stateStatusOf, underlyingNeedOf, type NeedFacts } from './needs';

const clean: NeedFacts = {
  machineStatus: 'active',
  errorKinds: [],
  runningJobId: null,
  aptStatus: 'up_to_date',
  aptUpdatesCount: 0,
  aptSecurityUpdatesCount: 0,
  aptRebootRequired: false,
  aptStale: false,
};
const running = { runningJobId: 'a job' };

describe('needOf', () => {
  it.each<[string, Partial<NeedFacts>, string, string]>([
    ['everything measured and nothing due', {}, 'clean', 'clean'],
    ['a job runs', running, 'running', 'clean'],
    ['updates', { aptUpdatesCount: 3 }, 'updates', 'updates'],
    ['updates that are old', { aptUpdatesCount: 3, aptStale: true }, 'updates', 'updates'],
    ['reboot before updates', { aptUpdatesCount: 3, aptRebootRequired: true }, 'reboot', 'reboot'],
    ['security before reboot', { aptSecurityUpdatesCount: 1, aptRebootRequired: true }, 'security', 'security'],
    [
      'security that no plan installs',
      { aptStatus: 'security_updates', aptRebootRequired: true },
      'security',
      'security',
    ],
    ['a change that is no update', { aptStatus: 'updates' }, 'updates', 'updates'],
    ['running over security', { aptSecurityUpdatesCount: 1, ...running }, 'running', 'security'],
    ['unreachable over running', { machineStatus: 'unreachable', ...running }, 'unreachable', 'unreachable'],
    [
      'unreachable, the last error says so',
      { machineStatus: 'unreachable', errorKinds: ['connect_timeout'] },
      'unreachable',
      'unreachable',
    ],
    ['failed over unreachable', { machineStatus: 'unreachable', errorKinds: ['sudo_password'] }, 'failed', 'failed'],
    ['failed over running', { errorKinds: ['sudo_password'], ...running }, 'failed', 'failed'],
    ['the analysis itself failed', { aptStatus: 'error' }, 'failed', 'failed'],
    [
      'quarantined over everything',
      { machineStatus: 'quarantined', errorKinds: ['host_key_changed'], ...running },
      'quarantined',
      'quarantined',
    ],
    ['a host key waits', { errorKinds: ['host_key_unknown'], aptUpdatesCount: null }, 'unknown', 'unknown'],
    [
      'never analysed',
      { aptStatus: 'unknown', aptUpdatesCount: null, aptSecurityUpdatesCount: null, aptRebootRequired: null },
      'unknown',
      'unknown',
    ],
    ['security was not measured', { aptSecurityUpdatesCount: null }, 'unknown', 'unknown'],
    ['nobody can tell about the reboot', { aptRebootRequired: null }, 'unknown', 'unknown'],
    ['clean, but of an earlier analysis', { aptStale: true }, 'stale', 'stale'],
    ['the index is old', { aptStatus: 'stale' }, 'stale', 'stale'],
  ])('%s', (_case, facts, need, underlying) => {
    expect(needOf({ ...clean, ...facts })).toBe(need);
    expect(underlyingNeedOf({ ...clean, ...facts })).toBe(underlying);
  });

  it('is never clean while anything is null', () => {
    for (const key of ['aptUpdatesCount', 'aptSecurityUpdatesCount', 'aptRebootRequired'] as const) {
      expect(needOf({ ...clean, [key]: null })).toBe('unknown');
    }
  });

  it('keeps ranks and needs together', () => {
    for (const need of NEED_STATES) expect(needOfRank(rankOf(need))).toBe(need);
    expect(needOfRank(99)).toBe('unknown');
    expect(rankOf('quarantined')).toBe(0);
    expect(rankOf('clean')).toBe(9);
    expect(NEED_STATES.map(stateStatusOf).filter((status) => status === 'ok')).toEqual(['ok']);
  });
});
