import { inject, Injectable } from '@angular/core';
import { Api } from '../../api/api';
import {
  actionsRun,
  aptErrorStandings,
  artifactsArtifact,
  artifactsExecution,
  artifactsPin,
  artifactsUnpin,
  jobsGet,
  bulkPlansPlan,
  packageChangesOfExecution,
  requestInboxConfirm,
  requestInboxGroup,
  requestInboxReject,
  requestsClone,
  requestsConfirm,
  requestsConfirmAll,
  requestsGet,
  requestsList,
  requestsReject,
  requestsTarget,
  requestsWithdraw,
} from '../../api/functions';
import type { AptErrorStandings$Params } from '../../api/fn/apt/apt-error-standings';
import type {
  ArtifactDto,
  ClonedRequestDto,
  ConfirmedPlanDto,
  EachResultDto,
  ErrorStandingDto,
  ExecutionDetailDto,
  JobDto,
  PackageChangePageDto,
  RequestDetailDto,
  RequestDto,
  RequestGroupPageDto,
  RequestPageDto,
  TargetPlanDto,
} from '../../api/models';
import { decidedQuery, type DecidedView } from './decided-filter';

/** The part of the API that is about plans of changes, decisions about them and what came of them. */
@Injectable({ providedIn: 'root' })
export class ChangesApi {
  private readonly api = inject(Api);

  /** Starts the reading run that makes a plan: it changes nothing. */
  plan(machineId: string, action: string, parameters: Record<string, unknown>): Promise<JobDto> {
    return this.api.invoke(actionsRun, { id: machineId, name: `${action}_plan`, body: { parameters } });
  }

  /** Starts a reading run that goes ahead of a plan. */
  read(machineId: string, name: string, parameters: Record<string, unknown>): Promise<JobDto> {
    return this.api.invoke(actionsRun, { id: machineId, name, body: { parameters } });
  }

  /** Whether errors that were met `since` are gone. */
  errorStandings(machineId: string, kinds: readonly string[], by: string, since: string): Promise<ErrorStandingDto[]> {
    return this.api.invoke(aptErrorStandings, {
      id: machineId,
      kinds: kinds as AptErrorStandings$Params['kinds'],
      by,
      since,
    });
  }

  job(id: string): Promise<JobDto> {
    return this.api.invoke(jobsGet, { id });
  }

  decided(view: DecidedView, cursor?: string): Promise<RequestPageDto> {
    return this.api.invoke(requestsList, {
      ...decidedQuery(view),
      limit: 50,
      ...(cursor === undefined ? {} : { cursor }),
    });
  }

  get(id: string): Promise<RequestDetailDto> {
    return this.api.invoke(requestsGet, { id });
  }

  /** @param windowOverride why it begins outside the maintenance window; null: it keeps to it */
  confirm(
    id: string,
    digest: string,
    accepted: string[],
    reason: string,
    windowOverride: string | null,
  ): Promise<JobDto> {
    const override = windowOverride === null ? {} : { windowOverride };
    return this.api.invoke(requestsConfirm, { id, body: { digest, accepted, ...given(reason), ...override } });
  }

  /** Of several machines. @param windowOverride as of one */
  confirmAll(
    id: string,
    digest: string,
    accepted: string[],
    reason: string,
    windowOverride: string | null,
  ): Promise<RequestDto> {
    const override = windowOverride === null ? {} : { windowOverride };
    return this.api.invoke(requestsConfirmAll, { id, body: { digest, accepted, ...given(reason), ...override } });
  }

  /** One machine of a request for several, with its whole plan. */
  target(id: string, machineId: string): Promise<TargetPlanDto> {
    return this.api.invoke(requestsTarget, { id, machineId });
  }

  /** Asks for one change on several machines: plans it on each. It changes nothing. */
  planMany(action: string, machineIds: string[], parameters: Record<string, unknown>): Promise<RequestDto> {
    return this.api.invoke(bulkPlansPlan, { name: action, body: { machineIds, parameters } });
  }

  /** Plans again what a request asked for. */
  again(id: string): Promise<ClonedRequestDto> {
    return this.api.invoke(requestsClone, { id, body: {} });
  }

  /** The same for one of its machines alone. @returns the reading run that makes the plan */
  async planAgain(id: string, machineId: string): Promise<JobDto> {
    const { jobId } = await this.api.invoke(requestsClone, { id, body: { machineIds: [machineId] } });
    if (jobId === null) {
      throw new Error(`The request ${id} was planned again for several machines.`);
    }
    return this.job(jobId);
  }

  withdraw(id: string, reason: string): Promise<RequestDto> {
    return this.api.invoke(requestsWithdraw, { id, body: given(reason) });
  }

  reject(id: string, reason: string): Promise<RequestDto> {
    return this.api.invoke(requestsReject, { id, body: given(reason) });
  }

  /** What one run of a schedule left to people. @param limit at most 200 */
  group(occurrenceId: string, action: string, limit: number, cursor?: string): Promise<RequestGroupPageDto> {
    return this.api.invoke(requestInboxGroup, {
      occurrenceId,
      action,
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    });
  }

  /** Each by its own digest. @param requests at most 100 @param windowOverride as of one */
  async confirmEach(
    requests: ConfirmedPlanDto[],
    reason: string,
    windowOverride: string | null,
  ): Promise<EachResultDto[]> {
    const override = windowOverride === null ? {} : { windowOverride };
    return (await this.api.invoke(requestInboxConfirm, { body: { requests, ...given(reason), ...override } })).results;
  }

  /** @param ids at most 100 */
  async rejectEach(ids: string[], reason: string): Promise<EachResultDto[]> {
    return (await this.api.invoke(requestInboxReject, { body: { ids, ...given(reason) } })).results;
  }

  execution(id: string): Promise<ExecutionDetailDto> {
    return this.api.invoke(artifactsExecution, { id });
  }

  /** The packages that a change changed. */
  packageChanges(id: string, cursor?: string): Promise<PackageChangePageDto> {
    return this.api.invoke(packageChangesOfExecution, { id, limit: 200, ...(cursor === undefined ? {} : { cursor }) });
  }

  artifact(id: string): Promise<ArtifactDto> {
    return this.api.invoke(artifactsArtifact, { id });
  }

  /** Keeps the file whatever its age. */
  pin(id: string): Promise<ArtifactDto> {
    return this.api.invoke(artifactsPin, { id });
  }

  /** Lets it go when its time has come. */
  unpin(id: string): Promise<ArtifactDto> {
    return this.api.invoke(artifactsUnpin, { id });
  }
}

function given(reason: string): { reason?: string } {
  return reason === '' ? {} : { reason };
}
