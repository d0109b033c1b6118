import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../kernel/auth/actor';
import type { Transaction } from '../../../kernel/database/transaction';
import { ActionRegistry } from '../../jobs/actions/action-registry';
import { planActionName } from '../../jobs/actions/plan-action';
import { Dispatcher } from '../../jobs/dispatcher';
import { JobsService } from '../../jobs/jobs.service';
import type { AwaitedStanding } from '../../jobs/requests/policy-approvals';
import { failureOf } from '../../jobs/worker/failures';
import type { DefinitionDocument } from '../contracts/schedule-documents';
import { PolicyDecisions, type PolicyDecision } from '../policy/policy-decisions';
import { PolicyRefusals } from '../policy/policy-refusals';
import { StandingSchedules, type StandingTerms } from '../policy/standing-schedules';
import { HeldTargets, missedWindow, type AwaitedWindow, type LateEnd } from './held-targets';
import { jobsAfter } from './scheduled-jobs';
import { nextStep, worse, type NextStep, type Stop } from './target-steps';
import { TargetStore, type EndedTarget, type TargetEnd } from './target-store';
import { undecided, type UndecidedError } from './undecided-error';

/** Machines that one transaction begins or goes on with. */
export const MACHINES_AT_ONCE = 500;
/** Plans that one transaction decides about: each takes its time, and their machines are held until all are decided. */
export const DECISIONS_AT_ONCE = 20;
/** Jobs that one transaction takes back from the queue: as many machines are held until all of them are. */
const ENDS_AT_ONCE = 100;

/** An occurrence whose row is held. */
export interface RunningOccurrence {
  readonly id: string;
  readonly scheduleId: string;
  readonly definition: DefinitionDocument;
  /** What it may change by itself is not what was confirmed. */
  readonly policyAltered: boolean;
  /** Users who answer for it; null: not known. */
  readonly answerableIds: readonly string[] | null;
  /** Null until they are chosen. */
  readonly machines: number | null;
  /** When it began. */
  readonly since: Date;
  readonly now: Date;
  /** Why nothing is begun any more, but on machines that it spares; null: things are. */
  readonly stop: Stop | null;
}

/** A machine whose plan is made. */
interface DecidedTarget {
  readonly target: EndedTarget;
  readonly requestId: string;
}

/** Who asks for what a schedule does. */
export function scheduleActor({ scheduleId, definition }: Pick<RunningOccurrence, 'scheduleId' | 'definition'>) {
  return { type: 'schedule', id: scheduleId, name: definition.name } as const satisfies Actor;
}

/** Starts the actions of an occurrence on its machines, and goes on when their jobs have ended. */
@Injectable()
export class TargetWorker {
  constructor(
    private readonly targets: TargetStore,
    private readonly jobs: JobsService,
    private readonly dispatcher: Dispatcher,
    private readonly registry: ActionRegistry,
    private readonly policies: PolicyDecisions,
    private readonly refusals: PolicyRefusals,
    private readonly standing: StandingSchedules,
    private readonly held: HeldTargets,
  ) {}

  /** @returns how many machines had come to an end of their job; as many as there may be at once where some are left for the next step */
  async settle(tx: Transaction, occurrence: RunningOccurrence): Promise<number> {
    const { id, definition, now, stop } = occurrence;
    const ended = await this.targets.ended(tx, id, now, MACHINES_AT_ONCE);
    const ends: Extract<NextStep, { kind: 'end' }>[] = [];
    const held: string[] = [];
    const decided: DecidedTarget[] = [];
    const drifted: EndedTarget[] = [];
    const onwards = new Map<string, { position: number; machineIds: string[] }>();
    for (const target of ended) {
      const next = nextStep(target, definition.actions.length, stop);
      if (next.kind === 'end') ends.push(next);
      else if (next.kind === 'hold') held.push(target.machineId);
      else if (next.kind === 'anew') drifted.push(target);
      else if (next.kind === 'decide') decided.push({ target, requestId: next.requestId });
      else {
        const key = `${String(next.position)} ${next.worst}`;
        const group = onwards.get(key) ?? { position: next.position, machineIds: [] };
        group.machineIds.push(target.machineId);
        onwards.set(key, group);
      }
    }
    await this.decideAll(tx, occurrence, decided.slice(0, DECISIONS_AT_ONCE));
    await this.planAnew(tx, occurrence, drifted);
    await this.held.leavePlaces(tx, id, held);
    // Nobody has to decide what the run was stopped before.
    const plans = ends.flatMap(({ plan }) => plan ?? []);
    if (stop !== null) for (const plan of plans) await this.policies.letGo(tx, plan, stop.message);
    await this.targets.end(tx, id, await this.held.late(tx, occurrence, ends), now);
    for (const [key, { position, machineIds }] of onwards) {
      await this.targets.note(tx, id, machineIds, key.endsWith('warning') ? 'warning' : 'ok');
      await this.startAction(tx, occurrence, machineIds, position);
    }
    return decided.length > DECISIONS_AT_ONCE ? MACHINES_AT_ONCE : ended.length;
  }

  /** Starts the action at a place of the list; of a change its plan. @returns how many machines were refused */
  async startAction(
    tx: Transaction,
    occurrence: RunningOccurrence,
    machineIds: readonly string[],
    position: number,
  ): Promise<number> {
    const { id, scheduleId, definition, now } = occurrence;
    const scheduled = definition.actions[position];
    if (machineIds.length === 0) return 0;
    if (scheduled === undefined || this.registry.find(scheduled.action) === undefined) {
      await this.targets.end(tx, id, machineIds.map(unknownAction), now);
      return machineIds.length;
    }
    const change = this.registry.findChange(scheduled.action) !== undefined;
    const { jobs, skipped } = await this.jobs.enqueueMany({
      machineIds,
      action: change ? planActionName(scheduled.action) : scheduled.action,
      parameters: scheduled.parameters,
      requestedBy: scheduleActor(occurrence),
      scheduleId,
      occurrenceId: id,
      answerableIds: occurrence.answerableIds,
      runMachines: occurrence.machines ?? undefined,
    });
    await this.targets.begin(tx, id, jobs, { position, stage: change ? 'plan' : 'run', now });
    const refused = skipped.map(({ machineId, code, message }): LateEnd => {
      return { end: { machineId, status: 'cancelled', errorKind: code, errorMessage: message }, left: position };
    });
    await this.targets.end(tx, id, await this.held.late(tx, occurrence, refused), now);
    return refused.length;
  }

  /** Ends machines whose job has not begun, with the job where nobody else wants it. @returns how many */
  async endUnbegun(tx: Transaction, occurrence: RunningOccurrence, stop: Stop): Promise<number> {
    const { id, scheduleId, definition, now } = occurrence;
    const which = { unbegun: true, spares: stop.spares, limit: ENDS_AT_ONCE };
    const found = await this.targets.ownJobs(tx, id, which, now);
    await this.dispatcher.lockMachines(
      tx,
      found.map(({ machineId }) => machineId),
    );
    // As they stand now that nobody can take them.
    const locked = new Set(found.map(({ machineId }) => machineId));
    const unbegun = (await this.targets.ownJobs(tx, id, which, now)).filter(({ machineId }) => locked.has(machineId));
    const { by: name } = stop;
    const by: Actor = name === null ? scheduleActor({ scheduleId, definition }) : { type: 'user', id: null, name };
    for (const { jobId } of unbegun) await this.jobs.cancel(jobId, by);
    // Those of which none is left to this run alone.
    return found.length === ENDS_AT_ONCE
      ? found.length
      : unbegun.length + (await this.leaveUnbegun(tx, occurrence, stop));
  }

  /** Of what others want too the machine ends, and the job goes on. @returns how many */
  private async leaveUnbegun(tx: Transaction, occurrence: RunningOccurrence, stop: Stop): Promise<number> {
    const left = await this.targets.unbegun(tx, occurrence.id, stop.spares, occurrence.now);
    const ends = left.map(({ machineId, position }): LateEnd => {
      return {
        end: { machineId, status: 'cancelled', errorKind: stop.kind, errorMessage: stop.message },
        left: position,
      };
    });
    await this.targets.end(tx, occurrence.id, await this.held.late(tx, occurrence, ends), occurrence.now);
    return ends.length;
  }

  /** What has changed the machine meanwhile is over: one job at a time is at work there. */
  private async planAnew(
    tx: Transaction,
    occurrence: RunningOccurrence,
    drifted: readonly EndedTarget[],
  ): Promise<void> {
    for (const [position, targets] of Map.groupBy(drifted, (target) => target.position)) {
      const machineIds = targets.map(({ machineId }) => machineId);
      await this.targets.leaveRequest(tx, occurrence.id, machineIds);
      await this.startAction(tx, occurrence, machineIds, position);
    }
  }

  private async decideAll(
    tx: Transaction,
    occurrence: RunningOccurrence,
    decided: readonly DecidedTarget[],
  ): Promise<void> {
    const { scheduleId, definition } = occurrence;
    const planned = decided.map(({ target: { machineId, position } }) => {
      return [machineId, definition.actions[position]] as const;
    });
    const terms = await this.standing.terms(tx, scheduleId, new Map(planned));
    for (const one of decided) {
      const standing = terms.get(one.target.machineId);
      if (standing === undefined) throw new Error('a machine has no standing terms');
      try {
        await this.decide(tx, occurrence, one, standing);
      } catch (error) {
        throw undecided(error, { machineId: one.target.machineId, requestId: one.requestId });
      }
    }
  }

  /** Ends a machine whose plan could not be decided about, so that the others of its run go on. The occurrence's row is held. */
  async giveUp(tx: Transaction, occurrenceId: string, { machineId, requestId, cause }: UndecidedError): Promise<void> {
    const { kind, message } = failureOf(cause);
    if (!(await this.targets.endPlanned(tx, occurrenceId, { machineId, requestId, kind, message }))) return;
    await this.policies.letGo(tx, requestId, message);
  }

  private async decide(
    tx: Transaction,
    occurrence: RunningOccurrence,
    { target, requestId }: DecidedTarget,
    standing: StandingTerms,
  ): Promise<void> {
    const { id, now, definition } = occurrence;
    const { machineId, position, startBefore, windowName, windowBegun } = target;
    if (occurrence.policyAltered) await this.refusals.note(tx, occurrence, scheduleActor(occurrence));
    const decision = await this.policies.decide(tx, {
      requestId,
      policy: definition.policy,
      policyAltered: occurrence.policyAltered,
      standing,
      answerableIds: occurrence.answerableIds,
      actor: scheduleActor(occurrence),
      followedBy: jobsAfter(this.registry, definition.actions, position),
      since: occurrence.since,
      awaited: startBefore === null ? null : { startBefore, windowName: windowName ?? '', begun: windowBegun },
      windowOverride: target.windowOverride,
    });
    const step = { position, now };
    if (decision.kind === 'run' || decision.kind === 'later')
      await this.targets.noteEstimate(tx, id, machineId, decision.estimate);
    if (decision.kind === 'again') await this.startAction(tx, occurrence, [machineId], position);
    else if (decision.kind === 'run') {
      await this.targets.begin(tx, id, [{ machineId, jobId: decision.jobId }], { ...step, stage: 'run' }, requestId);
      // What is left of its list belongs to the opening in which it began, whether it waited for that or came while it was open.
      if (decision.opening !== null)
        await this.held.note(tx, id, { machineId, position, ...awaitedOf(decision.opening) });
      if (target.windowOverride !== null) await this.targets.noteOverridden(tx, id, machineId);
    } else if (decision.kind === 'later') await this.hold(tx, occurrence, target, decision);
    else if (decision.kind === 'missed') await this.missed(tx, occurrence, target, decision.windowName);
    else await this.leave(tx, occurrence, target, requestId, decision);
  }

  /** The change has to wait for a maintenance window: what it needs may be fetched meanwhile. */
  private async hold(
    tx: Transaction,
    occurrence: RunningOccurrence,
    target: EndedTarget,
    { standing, parameters }: Extract<PolicyDecision, { kind: 'later' }>,
  ): Promise<void> {
    const { machineId, position } = target;
    const { id, now, scheduleId, definition } = occurrence;
    await this.held.note(tx, id, { machineId, position, ...awaitedOf(standing) });
    const { beforehand } = this.registry.findChange(definition.actions[position]?.action ?? '')?.declaration ?? {};
    if (beforehand === undefined) return this.held.leavePlaces(tx, id, [machineId]);
    const wanted = { machineIds: [machineId], action: beforehand, parameters, scheduleId };
    const { jobs } = await this.jobs.enqueueMany({ ...wanted, requestedBy: scheduleActor(occurrence) });
    if (jobs.length === 0) await this.held.leavePlaces(tx, id, [machineId]);
    else await this.targets.begin(tx, id, jobs, { position, stage: 'download', now });
  }

  private async missed(
    tx: Transaction,
    occurrence: RunningOccurrence,
    { machineId, position }: EndedTarget,
    windowName: string | null,
  ): Promise<void> {
    const late = { end: missedWindow(machineId, windowName), left: position };
    await this.targets.end(tx, occurrence.id, await this.held.late(tx, occurrence, [late]), occurrence.now);
  }

  private async leave(
    tx: Transaction,
    occurrence: RunningOccurrence,
    { machineId, position, worstStatus }: EndedTarget,
    requestId: string,
    { status, errorKind, message }: Extract<PolicyDecision, { kind: 'left' }>,
  ): Promise<void> {
    const { id, now } = occurrence;
    await this.targets.keepRequest(tx, id, machineId, requestId);
    const final = status === 'warning' ? worse(worstStatus, status) : status;
    const end = { machineId, status: final, errorKind, errorMessage: message };
    await this.targets.end(tx, id, await this.held.late(tx, occurrence, [{ end, left: position }]), now);
  }
}

function awaitedOf({ from, latestStart, name }: AwaitedStanding): Omit<AwaitedWindow, 'machineId' | 'position'> {
  return { from, latestStart, windowName: name };
}

function unknownAction(machineId: string): TargetEnd {
  return { machineId, status: 'error', errorKind: 'unknown_action', errorMessage: null };
}
