import type { ApiClient } from './api-client';
import type { Job, MachineJobs } from './machine-jobs';

interface PlanJob extends Job {
  readonly requestId: string | null;
}

/** What tests read of a request for a change; `D` are the details of its plan. */
export interface PlannedRequest<D = Record<string, unknown>> {
  readonly id: string;
  readonly status: string;
  readonly planDigest: string;
  readonly executionId: string | null;
  readonly blocked: boolean;
  readonly plan: {
    readonly lines: readonly string[];
    readonly consequences: readonly { readonly code: string }[];
    readonly checks: readonly { readonly code: string; readonly verdict: string }[];
    readonly details: { readonly unreadable: string | null; readonly document: D };
  };
}

/** Plans changes and confirms them, through the API as people do. */
export class Changes {
  constructor(
    private readonly api: ApiClient,
    private readonly jobs: MachineJobs,
  ) {}

  /** The ended reading run that was to make a plan, whatever came of it. */
  async tried(machineId: string, action: string, parameters: object = {}): Promise<PlanJob> {
    const started = await this.api.post<PlanJob>(`/machines/${machineId}/actions/${action}_plan`, { parameters });
    await this.jobs.ended(started);
    return this.api.get<PlanJob>(`/jobs/${started.id}`);
  }

  async plan<D>(machineId: string, action: string, parameters: object = {}): Promise<PlannedRequest<D>> {
    const { status, errorMessage, requestId } = await this.tried(machineId, action, parameters);
    expect({ status, errorMessage }).toEqual({ status: 'ok', errorMessage: null });
    return this.request<D>(requestId ?? '');
  }

  request<D>(id: string): Promise<PlannedRequest<D>> {
    return this.api.get<PlannedRequest<D>>(`/requests/${id}`);
  }

  /** Accepts every consequence. @returns the job as it stands then */
  confirm({ id, planDigest, plan: { consequences } }: PlannedRequest<unknown>): Promise<Job> {
    const accepted = consequences.map(({ code }) => code);
    return this.api.post<Job>(`/requests/${id}/confirm`, { digest: planDigest, accepted });
  }

  async run(request: PlannedRequest<unknown>): Promise<Job> {
    return this.jobs.ended(await this.confirm(request), 170_000);
  }
}
