import { DomainError } from '../../../kernel/errors/domain-error';
import { SshError, sshErrorKinds } from '../../../kernel/ssh/ssh-error';
import { begunFailureOf, failureOf, isTriedAgain, retryPause } from './failures';
import { ContractError } from '../../../kernel/contracts/contracts';
import { quoted } from '../../../kernel/sentences/sentences';

describe('failures', () => {
  it('are classified by type and code', () => {
    expect(failureOf(new SshError('dns', 'connect', { host: 'nowhere' }))).toMatchObject({ kind: 'dns' });
    const refused = new DomainError({ code: 'no_credentials', status: 409, detail: quoted('None.') });
    expect(failureOf(refused)).toEqual({ kind: 'no_credentials', message: 'None.', action: null });
    expect(failureOf(new Error('connection_lost: auth_failed'))).toMatchObject({ kind: 'internal_error' });
  });

  it('that are ours send nobody to begin a change again that may have been made', () => {
    const faults = [new Error('no'), new ContractError('contract_mismatch', 'no')];
    for (const error of faults) {
      const { kind, action } = begunFailureOf(error);
      expect(kind).toBe(failureOf(error).kind);
      expect(action).toMatch(/^Analyse the machine/);
    }
    const gone = new SshError('dns', 'connect', { host: 'nowhere' });
    expect(begunFailureOf(gone)).toEqual(failureOf(gone));
  });

  it('are tried again only where that can help and harm nobody', () => {
    const repeated = sshErrorKinds.filter((kind) => isTriedAgain(kind, 1, 3));
    expect(repeated.sort()).toEqual([
      'auth_timeout',
      'banner_timeout',
      'connect_timeout',
      'connection_lost',
      'handshake_timeout',
      'penalised',
    ]);
  });

  it('wait longer each time, with an end', () => {
    const longest = () => 1;
    expect([1, 2, 3, 4].map((attempt) => retryPause('penalised', attempt, 4, longest))).toEqual([
      30_000,
      60_000,
      120_000,
      null,
    ]);
    expect(retryPause('penalised', 9, 20, longest)).toBe(300_000);
  });

  it('are spread from half of a pause to all of it', () => {
    expect([0, 0.25, 1].map((at) => retryPause('connection_lost', 1, 3, () => at))).toEqual([1_000, 1_250, 2_000]);
  });
});
