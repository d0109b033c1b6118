import { SshError, type SshErrorKind, type SshStage } from '../../kernel/ssh/ssh-error';
import { allStagesOk, failedStages, quarantinedStages } from './connection-stages';
import { CONNECTION_STAGES } from './dto/connection-test.dto';
import { quoted } from '../../kernel/sentences/sentences';

describe('failedStages', () => {
  it.each<[SshErrorKind, SshStage, string]>([
    ['dns', 'connect', 'resolve'],
    ['unreachable', 'connect', 'connect'],
    ['connect_timeout', 'connect', 'connect'],
    ['banner_timeout', 'banner', 'banner'],
    ['penalised', 'banner', 'banner'],
    ['penalised', 'handshake', 'key_exchange'],
    ['key_exchange_unsupported', 'handshake', 'key_exchange'],
    ['handshake_timeout', 'handshake', 'key_exchange'],
    ['host_key_changed', 'handshake', 'host_key'],
    ['auth_failed', 'auth', 'authenticate'],
    ['password_expired', 'auth', 'authenticate'],
    ['key_invalid', 'auth', 'authenticate'],
    ['sudo_password', 'sudo', 'sudo'],
    ['sudo_policy', 'sudo', 'sudo'],
    ['sudo_tty', 'sudo', 'sudo'],
    ['connection_lost', 'run', 'sudo'],
  ])('%s at %s stops at %s', (kind, at, failed) => {
    const { status, stages } = failedStages(new SshError(kind, at));
    const index = CONNECTION_STAGES.findIndex((name) => name === failed);
    expect(status).toBe('error');
    expect(stages.map((stage) => stage.status)).toEqual(
      CONNECTION_STAGES.map((_name, place) => (place < index ? 'ok' : place === index ? 'failed' : 'not_tried')),
    );
    expect(stages[index]).toMatchObject({ name: failed, kind });
    expect(stages[index]?.message).not.toBe('');
    expect(stages[index]?.action).not.toBe('');
  });

  it('waits for an unknown host key', () => {
    const { status, stages } = failedStages(new SshError('host_key_unknown', 'handshake'));
    expect(status).toBe('waiting');
    expect(stages.map((stage) => stage.status)).toEqual(['ok', 'ok', 'ok', 'ok', 'waiting', 'not_tried', 'not_tried']);
  });
});

it('has a verdict for success and for quarantine', () => {
  expect(allStagesOk(7).stages.at(-1)).toMatchObject({ name: 'sudo', status: 'ok', durationMs: 7 });
  const statuses = quarantinedStages(quoted('m'), quoted('a')).stages.map((stage) => stage.status);
  expect(statuses).toEqual(['not_tried', 'not_tried', 'not_tried', 'not_tried', 'failed', 'not_tried', 'not_tried']);
});
