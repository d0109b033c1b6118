import type { ParamMap } from '@angular/router';
import type { RequestsList$Params } from '../../api/fn/requests/requests-list';

/** What of the requests that wait for nobody any more is listed; the first unless the address says otherwise. */
export const DECIDED_VIEWS = ['people', 'expired', 'all'] as const;
export type DecidedView = (typeof DECIDED_VIEWS)[number];

/** What an address asks for; what makes no sense in it is as if it were not there. Pure. */
export function decidedViewOf(params: ParamMap): DecidedView {
  return DECIDED_VIEWS.find((one) => one === params.get('decided')) ?? 'people';
}

/** What the server is asked for. Pure. */
export function decidedQuery(view: DecidedView): Pick<RequestsList$Params, 'status' | 'decided'> {
  switch (view) {
    case 'people':
      return { status: ['approved', 'executed', 'rejected', 'expired'], decided: true };
    case 'expired':
      return { status: ['expired'], decided: false };
    case 'all':
      return { status: ['approved', 'executed', 'rejected', 'expired'] };
  }
}
