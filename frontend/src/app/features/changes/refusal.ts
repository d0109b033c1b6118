import { inject, Injectable } from '@angular/core';
import type { RequestDto } from '../../api/models';
import { WaitingRequests } from '../../core/live/waiting-requests';
import { Dialogs } from '../../ui/dialogs';
import { ChangesApi } from './changes-api';
import { RequestWords } from './request-words';

/** Refuses plans, or takes back one's own, with a reason where there is one to give. */
@Injectable({ providedIn: 'root' })
export class Refusal {
  private readonly api = inject(ChangesApi);
  private readonly waiting = inject(WaitingRequests);
  private readonly dialogs = inject(Dialogs);
  private readonly words = inject(RequestWords);

  /** @returns the request as it stands then; undefined when it was left open */
  of(request: RequestDto): Promise<RequestDto | undefined> {
    const own = this.words.mine(request);
    return this.dialogs.decide({
      title: own ? 'withdraw.title' : 'reject.title',
      params: { name: this.words.where(request) },
      text: 'reject.text',
      reason: own ? 'withdraw.reason' : 'reject.reason',
      required: false,
      act: own ? 'request.withdraw' : 'plan.refuse',
      decide: async (reason) => {
        const refused = await (own ? this.api.withdraw(request.id, reason) : this.api.reject(request.id, reason));
        this.waiting.receive(refused);
        return refused;
      },
    });
  }
}
