import { SshError, type SshErrorKind, type SshStage } from '../../kernel/ssh/ssh-error';
import { allStagesOk, failedStages, quarantinedStages, type StageTimes } from './connection-stages';
import { CONNECTION_STAGES, type ConnectionStageName } from './dto/connection-test.dto';
import { quoted } from '../../kernel/sentences/sentences';

/** As measured until the stage failed, or all. */
function timesUntil(failed: ConnectionStageName = 'sudo'): StageTimes {
  const tried = CONNECTION_STAGES.slice(0, CONNECTION_STAGES.indexOf(failed) + 1);
  return new Map(tried.map((name, index) => [name, index + 1]));
}

describe('failedStages', () => {
  it.each<[SshErrorKind, SshStage, ConnectionStageName]>([
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
    const { status, stages } = failedStages(new SshError(kind, at), timesUntil(failed));
    const index = CONNECTION_STAGES.indexOf(failed);
    expect(status).toBe('error');
    expect(stages.map((stage) => stage.status)).toEqual(
      CONNECTION_STAGES.map((_name, place) => (place < index ? 'ok' : place === index ? 'failed' : 'not_tried')),
    );
    expect(stages[index]).toMatchObject({ name: failed, kind });
    expect(stages.map(({ durationMs }) => durationMs)).toEqual(
      CONNECTION_STAGES.map((_name, place) => (place <= index ? place + 1 : null)),
    );
    expect(stages[index]?.message).not.toBe('');
    expect(stages[index]?.action).not.toBe('');
  });

  it('calls nothing tried when the key cannot even be read', () => {
    const { stages } = failedStages(new SshError('key_invalid', 'connect'), new Map());
    expect(stages.map(({ status }) => status)).toEqual([
      ...CONNECTION_STAGES.slice(0, 5).map(() => 'not_tried'),
      'failed',
      'not_tried',
    ]);
  });

  it('waits for an unknown host key', () => {
    const { status, stages } = failedStages(new SshError('host_key_unknown', 'handshake'), timesUntil('host_key'));
    expect(status).toBe('waiting');
    expect(stages.map((stage) => stage.status)).toEqual(['ok', 'ok', 'ok', 'ok', 'waiting', 'not_tried', 'not_tried']);
  });
});

it('has a verdict for success and for quarantine', () => {
  expect(allStagesOk(timesUntil()).stages.map(({ durationMs }) => durationMs)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  const statuses = quarantinedStages(quoted('m'), quoted('a')).stages.map((stage) => stage.status);
  expect(statuses).toEqual(['not_tried', 'not_tried', 'not_tried', 'not_tried', 'failed', 'not_tried', 'not_tried']);
});
