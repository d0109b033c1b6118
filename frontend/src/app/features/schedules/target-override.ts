import { inject, Injectable } from '@angular/core';
import type { OccurrenceDto, OccurrenceTargetDto } from '../../api/models';
import { Session } from '../../core/session/session';
import { Dialogs } from '../../ui/dialogs';
import { ScheduleWords } from './schedule-words';
import { SchedulesApi } from './schedules-api';

/** Lets a machine of a run begin that waits for its maintenance window, for a reason. */
@Injectable({ providedIn: 'root' })
export class TargetOverride {
  private readonly session = inject(Session);
  private readonly words = inject(ScheduleWords);
  private readonly dialogs = inject(Dialogs);
  private readonly api = inject(SchedulesApi);

  offered(target: OccurrenceTargetDto): boolean {
    return this.session.can('windows.override') && this.words.held(target);
  }

  /** @returns the run; undefined when it was not decided */
  ask(occurrenceId: string, target: OccurrenceTargetDto): Promise<OccurrenceDto | undefined> {
    const { machineId, machineName: name } = target;
    return this.dialogs.decide({
      title: 'windows.override.title',
      params: { name, actions: this.words.left(target) },
      text: 'schedules.override.text',
      reason: 'windows.override.reason',
      required: true,
      act: 'windows.beginNow',
      decide: (reason) => this.api.beginNow(occurrenceId, machineId, reason),
    });
  }
}
