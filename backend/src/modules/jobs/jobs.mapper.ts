import type { ActionRegistry, AnyDeclaration } from './actions/action-registry';
import { parameterSchema } from './contracts/job-parameters';
import type { ActionDto } from './dto/actions.dto';
import { forceRefusal } from './force-standing';
import type { JobDto, JobLogDto, LogLineDto, WaitingOnDto } from './dto/jobs.dto';
import type { LogPage } from './job-log.repository';
import type { JobRecord, JobStep, LogLine } from './job-record';
import { say } from './jobs.sentences';
import type { WaitingOn } from './waiting/waiting';
import { freshSteps } from './worker/step-tracker';
import type { Sentence } from '../../kernel/sentences/sentences';
import { saidIn } from '../../kernel/sentences/said';

export function toJob(job: JobRecord, registry: Pick<ActionRegistry, 'title' | 'find' | 'findChange'>): JobDto {
  const told = {
    title: registry.title(job.kind),
    errorMessage: job.errorMessage,
    errorAction: job.errorAction,
  };
  return {
    ...told,
    said: saidIn(told, ['title', 'errorMessage', 'errorAction']),
    id: job.id,
    kind: job.kind,
    machineId: job.machineId,
    machineName: job.machineName,
    status: job.status,
    phase: job.phase,
    step: job.step,
    steps: stepsOfJob(job, registry).map(toStep),
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
    waitingOn: job.waitingOn === null ? null : toWaitingOn(job.waitingOn, registry),
    cancelRequested: job.cancelRequested,
    forceRequested: job.forceRequested,
    mayBeForced: forceRefusal(job, registry) === null,
    errorKind: job.errorKind,
    snapshotId: job.snapshotId,
    requestId: job.requestId,
    deadLetter: job.deadLetter === null ? null : { ...job.deadLetter },
    redriveOf: job.redriveOf,
    lastSeq: job.lastSeq,
    unreadable: [...job.unreadable],
  };
}

/** One that has not begun has the steps that its action will have. */
function stepsOfJob(job: JobRecord, registry: Pick<ActionRegistry, 'find'>): readonly JobStep[] {
  const action = job.status === 'queued' && job.steps.length === 0 ? registry.find(job.kind) : undefined;
  return action === undefined ? job.steps : freshSteps(action.declaration.steps);
}

function toWaitingOn(waiting: WaitingOn, registry: Pick<ActionRegistry, 'title'>): WaitingOnDto {
  const { reason, before, position, network, limit, running, until } = waiting;
  const title = before === null ? null : registry.title(before.kind);
  const told = { title, sentence: sentenceOf(waiting, title) };
  return {
    ...told,
    said: saidIn(told, ['title', 'sentence']),
    reason,
    jobId: before?.id ?? null,
    since: before?.startedAt ?? null,
    by: before?.requestedBy ?? null,
    lockKind: before?.lockKind ?? null,
    position,
    network,
    limit,
    running,
    until,
  };
}

function sentenceOf({ reason, before, network, limit, running }: WaitingOn, title: Sentence | string | null): Sentence {
  switch (reason) {
    case 'window':
      return say.waits_window();
    case 'retry':
      return say.waits_retry();
    case 'machine': {
      const names = { action: title ?? '', name: before?.requestedBy ?? '' };
      return before?.startedAt == null ? say.waits_turn(names) : say.waits_machine(names);
    }
    case 'worker':
      return say.waits_worker();
    case 'network':
      return say.waits_network({ network: network ?? '', running: running ?? 0, limit: limit ?? 0 });
    case 'rate':
      return say.waits_rate({ limit: limit ?? 0 });
    case 'places':
      return limit !== null && running !== null && running >= limit
        ? say.waits_places({ running, limit })
        : say.waits_worker_place();
  }
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
    remedies: [...(declaration.remedies ?? [])],
    consequences: declaration.kind === 'change' ? [...declaration.consequences] : [],
    parameters: { ...parameterSchema(declaration) },
  };
}
