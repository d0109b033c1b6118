import type { DocumentDto } from '../../api/models';
import {
  readServicePlan,
  readServiceResult,
  serviceProofs,
  stateWords,
  type ServiceResultDetails,
} from './service-documents';

const state = { unit: 'a.service', description: '', active_state: 'active', sub_state: 'running', main_pid: 41 };
const result = (verdict: 'restarted' | 'unchanged' | 'failed' | 'unknown'): ServiceResultDetails => ({
  units: [{ unit: 'a.service', before: state, after: state, verdict }],
  new_failed_units: [],
});

describe('documents of a restart of services', () => {
  it('are read by their contract, and only where the server could', () => {
    const document = (contract: string, unreadable: string | null = null): DocumentDto =>
      ({ contract, unreadable, document: result('restarted') }) as unknown as DocumentDto;
    expect(readServiceResult(document('service_restart_result'))).toEqual(result('restarted'));
    expect(readServiceResult(document('service_restart_result', 'unknown_version'))).toBeNull();
    expect(readServiceResult(document('reboot_result'))).toBeNull();
    expect(readServicePlan(undefined)).toBeNull();
  });

  it.each([
    ['restarted', 'good'],
    ['unchanged', 'bad'],
    ['failed', 'bad'],
    ['unknown', 'unknown'],
  ] as const)('prove a service that is %s to be %s', (verdict, proof) => {
    expect(serviceProofs(result(verdict))).toEqual({ services: proof, units: 'good' });
  });

  it('never call good what was not measured', () => {
    expect(serviceProofs({ ...result('restarted'), new_failed_units: null }).units).toBe('unknown');
    expect(serviceProofs({ ...result('restarted'), new_failed_units: ['b.service'] }).units).toBe('bad');
  });

  it('say a state in words', () => {
    expect(stateWords(state)).toBe('active, running, 41');
    expect(stateWords({ ...state, main_pid: null })).toBe('active, running');
  });
});
