import { inject, Injectable } from '@angular/core';
import { Api } from '../../api/api';
import {
  jobsBeginNow,
  jobsClose,
  jobsForceStop,
  jobsGet,
  jobsLog,
  occurrencesListActive,
  occurrencesTargets,
} from '../../api/functions';
import type { ActiveOccurrenceDto, JobDto, JobLogDto, OccurrenceTargetPageDto } from '../../api/models';

/** Machines shown at once. */
const MACHINES = 50;
/** Lines asked for at once. */
const LINES = 2000;

/** The part of the API that is about one run. */
@Injectable({ providedIn: 'root' })
export class JobsApi {
  private readonly api = inject(Api);

  get(id: string): Promise<JobDto> {
    return this.api.invoke(jobsGet, { id });
  }

  close(id: string, reason: string): Promise<JobDto> {
    return this.api.invoke(jobsClose, { id, body: { reason } });
  }

  /** @param machineName as the person typed it */
  forceStop(id: string, machineName: string, reason: string): Promise<JobDto> {
    return this.api.invoke(jobsForceStop, { id, body: { machineName, reason } });
  }

  /** Outside the maintenance window that it waits for. */
  beginNow(id: string, reason: string): Promise<JobDto> {
    return this.api.invoke(jobsBeginNow, { id, body: { reason } });
  }

  /** Runs of schedules that go on. */
  activeRuns(): Promise<ActiveOccurrenceDto[]> {
    return this.api.invoke(occurrencesListActive);
  }

  /** Machines of a run that have not begun. */
  waitingMachines(id: string, cursor?: string): Promise<OccurrenceTargetPageDto> {
    const after = cursor === undefined ? {} : { cursor };
    return this.api.invoke(occurrencesTargets, { id, status: 'queued', limit: MACHINES, ...after });
  }

  log(id: string, after: number): Promise<JobLogDto> {
    return this.api.invoke(jobsLog, { id, after, limit: LINES });
  }
}
