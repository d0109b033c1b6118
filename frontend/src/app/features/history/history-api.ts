import { inject, Injectable } from '@angular/core';
import { Api } from '../../api/api';
import {
  historyAudit,
  packageChangesList,
  type HistoryAudit$Params,
  type PackageChangesList$Params,
} from '../../api/functions';
import type { AuditPageDto, PackageChangePageDto } from '../../api/models';

export type AuditQuery = HistoryAudit$Params;

/** The part of the API that is about the history of all machines. */
@Injectable({ providedIn: 'root' })
export class HistoryApi {
  private readonly api = inject(Api);

  audit(query: AuditQuery): Promise<AuditPageDto> {
    return this.api.invoke(historyAudit, query);
  }

  packageChanges(query: PackageChangesList$Params): Promise<PackageChangePageDto> {
    return this.api.invoke(packageChangesList, query);
  }
}
