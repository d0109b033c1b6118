import { SshError } from '../../kernel/ssh/ssh-error';
import type {
  ConnectionStageDto,
  ConnectionStageName,
  ConnectionTestDto,
  StageStatus,
} from './dto/connection-test.dto';
import { CONNECTION_STAGES } from './dto/connection-test.dto';
import type { Sentence } from '../../kernel/sentences/sentences';
import { saidIn } from '../../kernel/sentences/said';

type Verdict = Pick<ConnectionTestDto, 'status' | 'stages'>;

/** How long each stage took that was tried, in milliseconds. */
export type StageTimes = ReadonlyMap<ConnectionStageName, number>;

/** What a test says when everything worked. */
export function allStagesOk(times: StageTimes): Verdict {
  return { status: 'ok', stages: CONNECTION_STAGES.map((name) => stage(name, 'ok', timeOf(name, times))) };
}

/** A machine in quarantine is not asked: the host key decides before anything is tried. */
export function quarantinedStages(message: Sentence, action: Sentence): Verdict {
  const stages = CONNECTION_STAGES.map((name) =>
    name === 'host_key'
      ? stage(name, 'failed', { kind: 'host_key_changed', message, action })
      : stage(name, 'not_tried'),
  );
  return { status: 'error', stages };
}

/** Which stages a failed test had passed, where it failed, and which it never came to. Pure. */
export function failedStages(error: SshError, times: StageTimes): Verdict {
  const failed = CONNECTION_STAGES.indexOf(stageOf(error));
  const waiting = error.kind === 'host_key_unknown';
  const stages = CONNECTION_STAGES.map((name, index) => {
    // A key that cannot be read ends the test before anything is tried.
    if (index < failed) return stage(name, times.has(name) ? 'ok' : 'not_tried', timeOf(name, times));
    if (index > failed) return stage(name, 'not_tried');
    const { kind, sentence: message, whatToDo: action } = error;
    return stage(name, waiting ? 'waiting' : 'failed', { kind, message, action, ...timeOf(name, times) });
  });
  return { status: waiting ? 'waiting' : 'error', stages };
}

function timeOf(name: ConnectionStageName, times: StageTimes): { durationMs: number | null } {
  return { durationMs: times.get(name) ?? null };
}

function stageOf(error: SshError): ConnectionStageName {
  if (error.kind === 'dns') return 'resolve';
  if (error.kind === 'host_key_unknown' || error.kind === 'host_key_changed') return 'host_key';
  if (error.kind === 'key_invalid') return 'authenticate';
  switch (error.stage) {
    case 'connect':
      return 'connect';
    case 'banner':
      return 'banner';
    case 'handshake':
      return 'key_exchange';
    case 'auth':
      return 'authenticate';
    case 'sudo':
    case 'run':
      return 'sudo';
  }
}

function stage(
  name: ConnectionStageName,
  status: StageStatus,
  what: Partial<Pick<ConnectionStageDto, 'durationMs' | 'kind' | 'message' | 'action'>> = {},
): ConnectionStageDto {
  const found = { name, status, durationMs: null, kind: null, message: null, action: null, ...what };
  return { ...found, said: saidIn(found, ['message', 'action']) };
}
