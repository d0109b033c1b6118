import { inject, Injectable } from '@angular/core';
import { Api } from '../../api/api';
import {
  actionsList,
  occurrencesBeginNow,
  occurrencesCancel,
  occurrencesGet,
  occurrencesList,
  occurrencesTargets,
  schedulesChange,
  schedulesCreate,
  schedulesDisable,
  schedulesEnable,
  schedulesGet,
  schedulesList,
  schedulesListOccurrences,
  schedulesPreviewScope,
  schedulesPreviewTimes,
  schedulesRemove,
  schedulesRun,
} from '../../api/functions';
import type {
  ActionDto,
  CalendarDto,
  OccurrenceDto,
  OccurrencePageDto,
  OccurrenceTargetPageDto,
  SaveScheduleDto,
  ScheduleDetailDto,
  ScheduleDto,
  SchedulePageDto,
  ScheduleScopeDto,
  ScopePreviewDto,
  TimesPreviewDto,
  TimingDto,
} from '../../api/models';

const PAGE = 50;

/** A schedule as it was on the screen. */
type SeenSchedule = Pick<ScheduleDto, 'id' | 'version'>;

/** The part of the API that is about what runs by itself. */
@Injectable({ providedIn: 'root' })
export class SchedulesApi {
  private readonly api = inject(Api);

  list(cursor?: string): Promise<SchedulePageDto> {
    return this.api.invoke(schedulesList, page(cursor));
  }

  get(id: string): Promise<ScheduleDetailDto> {
    return this.api.invoke(schedulesGet, { id });
  }

  create(body: SaveScheduleDto): Promise<ScheduleDetailDto> {
    return this.api.invoke(schedulesCreate, { body });
  }

  /** @param version of the schedule that was on the screen */
  change(id: string, schedule: SaveScheduleDto, version: number): Promise<ScheduleDetailDto> {
    return this.api.invoke(schedulesChange, { id, body: { ...schedule, version } });
  }

  setEnabled({ id, version }: SeenSchedule, enabled: boolean): Promise<ScheduleDetailDto> {
    return this.api.invoke(enabled ? schedulesEnable : schedulesDisable, { id, body: { version } });
  }

  remove({ id, version }: SeenSchedule): Promise<void> {
    return this.api.invoke(schedulesRemove, { id, version });
  }

  run(id: string): Promise<OccurrenceDto> {
    return this.api.invoke(schedulesRun, { id });
  }

  occurrences(id: string, cursor?: string): Promise<OccurrencePageDto> {
    return this.api.invoke(schedulesListOccurrences, { id, ...page(cursor) });
  }

  occurrence(id: string): Promise<OccurrenceDto> {
    return this.api.invoke(occurrencesGet, { id });
  }

  targets(id: string, cursor?: string): Promise<OccurrenceTargetPageDto> {
    return this.api.invoke(occurrencesTargets, { id, ...page(cursor) });
  }

  cancel(id: string, reason: string): Promise<OccurrenceDto> {
    return this.api.invoke(occurrencesCancel, { id, body: reason === '' ? {} : { reason } });
  }

  /** Outside the maintenance window that the machine waits for. */
  beginNow(id: string, machineId: string, reason: string): Promise<OccurrenceDto> {
    return this.api.invoke(occurrencesBeginNow, { id, machineId, body: { reason } });
  }

  /** @param from ISO @param to ISO, at most 62 days later */
  calendar(from: string, to: string): Promise<CalendarDto> {
    return this.api.invoke(occurrencesList, { from, to });
  }

  previewTimes(body: TimingDto): Promise<TimesPreviewDto> {
    return this.api.invoke(schedulesPreviewTimes, { body });
  }

  previewScope(scope: ScheduleScopeDto): Promise<ScopePreviewDto> {
    return this.api.invoke(schedulesPreviewScope, { body: { scope } });
  }

  actions(): Promise<ActionDto[]> {
    return this.api.invoke(actionsList);
  }
}

function page(cursor: string | undefined): { limit: number; cursor?: string } {
  return { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
}
