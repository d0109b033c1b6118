import { inject, Injectable } from '@angular/core';
import { Api } from '../../api/api';
import {
  deadLettersDismiss,
  deadLettersList,
  deadLettersRedrive,
  deadLettersRedriveMany,
  requestsClone,
} from '../../api/functions';
import type {
  ClonedRequestDto,
  DeadLetterPageDto,
  DismissedLettersDto,
  JobDto,
  RedrivenDto,
  RedrivenLettersDto,
} from '../../api/models';

/** Rows that a group shows at first, and with each turn of "Show more". */
const PAGE = 20;

/** The part of the API that is about jobs that ended without a result. */
@Injectable({ providedIn: 'root' })
export class DeadLettersApi {
  private readonly api = inject(Api);

  ofKind(errorKind: string, cursor?: string): Promise<DeadLetterPageDto> {
    return this.api.invoke(deadLettersList, { errorKind, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
  }

  redrive(id: string): Promise<JobDto> {
    return this.api.invoke(deadLettersRedrive, { id });
  }

  /** All of a class of error, however many. */
  async redriveKind(errorKind: string): Promise<RedrivenDto[]> {
    const results: RedrivenDto[] = [];
    let cursor: string | null = null;
    do {
      const body = { errorKind, ...from(cursor) };
      const answer: RedrivenLettersDto = await this.api.invoke(deadLettersRedriveMany, { body });
      results.push(...answer.results);
      cursor = answer.nextCursor;
    } while (cursor !== null);
    return results;
  }

  /** @returns how many were dismissed */
  async dismiss(id: string, reason: string): Promise<number> {
    return (await this.api.invoke(deadLettersDismiss, { body: { ids: [id], ...given(reason) } })).dismissed;
  }

  /** All of a class of error, however many. @returns how many were dismissed */
  async dismissKind(errorKind: string, reason: string): Promise<number> {
    let dismissed = 0;
    let cursor: string | null = null;
    do {
      const body = { errorKind, ...given(reason), ...from(cursor) };
      const answer: DismissedLettersDto = await this.api.invoke(deadLettersDismiss, { body });
      dismissed += answer.dismissed;
      cursor = answer.nextCursor;
    } while (cursor !== null);
    return dismissed;
  }

  /** Plans a change again on the machine on which it died. */
  planAgain(requestId: string, machineId: string): Promise<ClonedRequestDto> {
    return this.api.invoke(requestsClone, { id: requestId, body: { machineIds: [machineId] } });
  }
}

function from(cursor: string | null): { cursor?: string } {
  return cursor === null ? {} : { cursor };
}

function given(reason: string): { reason?: string } {
  return reason === '' ? {} : { reason };
}
