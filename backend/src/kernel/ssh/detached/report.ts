import type { SecretMasker } from '../../logging/secret-masker';
import { maskedDetails } from '../run-failure';
import type { RunResult } from '../run-types';
import { SshError } from '../ssh-error';
import type { DetachedResult, DetachedState, StartOutcome } from './detached-types';

const states: readonly string[] = ['prepared', 'running', 'ended', 'interrupted', 'missing'];
const endings: readonly string[] = ['ended', 'drifted', 'stopped'];

/**
 * Reads what `run_report` printed.
 * @param masker where the run has not masked what the machine said
 * @throws SshError `protocol` when it is not that
 */
export function readState(result: RunResult, section: string, masker?: SecretMasker): DetachedState {
  const words = linesOf(result, section);
  const kind = words.get('state') ?? '';
  if (!states.includes(kind)) throw unreadable(result, section, masker);
  return {
    kind: kind as DetachedState['kind'],
    rebooted: words.get('rebooted') === '1',
    forced: words.get('forced') === '1',
    folderGone: words.get('folder') === 'gone',
    logBytes: numberOf(words.get('size')) ?? 0,
    startedAt: timeOf(words.get('began')),
    result: kind === 'ended' ? readResult(words) : null,
  };
}

/** Reads what `run_start` printed. @throws SshError `protocol` when it is not that */
export function readOutcome(result: RunResult): StartOutcome {
  const words = linesOf(result, 'start');
  const outcome = words.get('outcome');
  switch (outcome) {
    case 'started':
    case 'attached':
    case 'unsure':
    case 'missing':
    case 'fence_refused':
      return { kind: outcome };
    case 'busy': {
      const [runId, installationId] = (words.get('holder') ?? '').split(' ');
      return { kind: 'busy', holder: runId && installationId ? { runId, installationId } : null };
    }
    case 'failed':
      return { kind: 'failed', reason: words.get('reason') ?? '' };
    default:
      return { kind: 'failed', reason: result.section('start')?.stderr.trim() ?? '' };
  }
}

/** A result that is damaged says that the run ended, and nothing else: no exit code that could be taken for success. */
function readResult(words: ReadonlyMap<string, string>): DetachedResult | null {
  const exitCode = numberOf(words.get('exit'));
  const finishedAt = timeOf(words.get('finished'));
  const ending = words.get('ending') ?? '';
  if (exitCode === null || finishedAt === null || !endings.includes(ending)) return null;
  return { ending: ending as DetachedResult['ending'], exitCode, finishedAt };
}

function linesOf(result: RunResult, section: string): ReadonlyMap<string, string> {
  const lines = (result.section(section)?.stdout ?? '').split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)]));
}

function numberOf(word: string | undefined): number | null {
  return word !== undefined && /^\d{1,15}$/.test(word) ? Number(word) : null;
}

/** Seconds since 1970. */
function timeOf(word: string | undefined): Date | null {
  const seconds = numberOf(word);
  return seconds === null ? null : new Date(seconds * 1000);
}

function unreadable(result: RunResult, section: string, masker: SecretMasker | undefined): SshError {
  const serverText = result.section(section)?.stderr ?? result.stray.stderr;
  return new SshError('protocol', 'run', maskedDetails({ serverText }, masker));
}
