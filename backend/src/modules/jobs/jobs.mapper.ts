import type { ActionRegistry, AnyDeclaration } from './actions/action-registry';
import { parameterSchema } from './contracts/job-parameters';
import type { ActionDto } from './dto/actions.dto';
import type { JobDto, JobLogDto, LogLineDto } from './dto/jobs.dto';
import type { LogPage } from './job-log.repository';
import type { JobRecord, JobStep, LogLine } from './job-record';
import { saidIn } from '../../kernel/sentences/said';

export function toJob(job: JobRecord, registry: Pick<ActionRegistry, 'title'>): JobDto {
  const told = {
    title: registry.title(job.kind),
    waitingFor: job.waitingForKind === null ? null : registry.title(job.waitingForKind),
    errorMessage: job.errorMessage,
    errorAction: job.errorAction,
  };
  return {
    ...told,
    said: saidIn(told, ['title', 'waitingFor', 'errorMessage', 'errorAction']),
    id: job.id,
    kind: job.kind,
    machineId: job.machineId,
    machineName: job.machineName,
    status: job.status,
    phase: job.phase,
    step: job.step,
    steps: job.steps.map(toStep),
    priority: job.priority,
    attempt: job.attempt,
    maxAttempts: job.maxAttempts,
    createdAt: job.createdAt,
    availableAt: job.availableAt,
    startBefore: job.startBefore,
    windowName: job.windowName,
    windowOverride: job.windowOverride,
    startedAt: job.startedAt,
    finishedAt: job.finishedAt,
    requestedBy: { type: job.requestedBy.type, name: job.requestedBy.name },
    cancelRequested: job.cancelRequested,
    errorKind: job.errorKind,
    snapshotId: job.snapshotId,
    requestId: job.requestId,
    lastSeq: job.lastSeq,
    unreadable: [...job.unreadable],
  };
}

function toStep({ startedAt, endedAt, ...step }: JobStep): JobDto['steps'][number] {
  return { ...step, startedAt: dateOf(startedAt), endedAt: dateOf(endedAt) };
}

function dateOf(iso: string | null): Date | null {
  return iso === null ? null : new Date(iso);
}

export function toLogLine({ seq, at, stream, section, text }: LogLine): LogLineDto {
  return { seq, at, stream, section, text };
}

export function toLog({ lines, lastSeq, ended }: LogPage): JobLogDto {
  return { lines: lines.map(toLogLine), lastSeq, ended };
}

export function toAction(declaration: AnyDeclaration): ActionDto {
  const { name, title, kind, permission, risk, timeoutSeconds, estimateSeconds } = declaration;
  return {
    name,
    title,
    said: saidIn(declaration, ['title']),
    kind,
    permission,
    risk,
    timeoutSeconds,
    estimateSeconds,
    remedies: declaration.kind === 'change' ? [...(declaration.remedies ?? [])] : [],
    parameters: { ...parameterSchema(declaration) },
  };
}
