import { inject, Injectable } from '@angular/core';
import type { RequestDto } from '../../api/models';
import { WaitingRequests } from '../../core/live/waiting-requests';
import { Dialogs } from '../../ui/dialogs';
import { ChangesApi } from './changes-api';

/** Refuses plans, with a reason where there is one to give. */
@Injectable({ providedIn: 'root' })
export class Refusal {
  private readonly api = inject(ChangesApi);
  private readonly waiting = inject(WaitingRequests);
  private readonly dialogs = inject(Dialogs);

  /** @returns the request as it stands then; undefined when it was left open */
  of(request: RequestDto): Promise<RequestDto | undefined> {
    return this.dialogs.decide({
      title: 'reject.title',
      params: { name: request.machineName },
      text: 'reject.text',
      reason: 'reject.reason',
      required: false,
      act: 'plan.refuse',
      decide: async (reason) => {
        const refused = await this.api.reject(request.id, reason);
        this.waiting.receive(refused);
        return refused;
      },
    });
  }
}
