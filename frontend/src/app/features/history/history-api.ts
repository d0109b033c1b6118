import { inject, Injectable } from '@angular/core';
import { Api } from '../../api/api';
import { historyAudit, type HistoryAudit$Params } from '../../api/functions';
import type { AuditPageDto } from '../../api/models';

export type AuditQuery = HistoryAudit$Params;

/** The part of the API that is about the history of all machines. */
@Injectable({ providedIn: 'root' })
export class HistoryApi {
  private readonly api = inject(Api);

  audit(query: AuditQuery): Promise<AuditPageDto> {
    return this.api.invoke(historyAudit, query);
  }
}
