import { inject, Injectable } from '@angular/core';
import { Api } from '../../api/api';
import {
  actionsRun,
  artifactsExecution,
  jobsGet,
  requestsConfirm,
  requestsGet,
  requestsList,
  requestsReject,
} from '../../api/functions';
import type { ExecutionDetailDto, JobDto, RequestDetailDto, RequestDto, RequestPageDto } from '../../api/models';

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

  job(id: string): Promise<JobDto> {
    return this.api.invoke(jobsGet, { id });
  }

  decided(cursor?: string): Promise<RequestPageDto> {
    return this.api.invoke(requestsList, {
      status: ['approved', 'executed', 'rejected', 'expired'],
      limit: 50,
      ...(cursor === undefined ? {} : { cursor }),
    });
  }

  get(id: string): Promise<RequestDetailDto> {
    return this.api.invoke(requestsGet, { id });
  }

  /** @param windowOverride why it begins outside the maintenance window; null: it keeps to it */
  confirm(id: string, digest: string, accepted: string[], windowOverride: string | null): Promise<JobDto> {
    const body = { digest, accepted, ...(windowOverride === null ? {} : { windowOverride }) };
    return this.api.invoke(requestsConfirm, { id, body });
  }

  reject(id: string, reason: string): Promise<RequestDto> {
    return this.api.invoke(requestsReject, { id, body: reason === '' ? {} : { reason } });
  }

  execution(id: string): Promise<ExecutionDetailDto> {
    return this.api.invoke(artifactsExecution, { id });
  }
}
