import { HttpErrorResponse } from '@angular/common/http';
import type { Saying } from '../i18n/said';

/** What is wrong with one field of a request. */
export interface FieldProblem extends Saying {
  readonly message: string;
}

/** What went wrong, as the page needs it. `code` is stable; `detail` is a sentence for people. */
export interface Problem extends Saying {
  readonly code: string;
  readonly status: number;
  readonly detail: string | null;
  readonly action: string | null;
  /** By the path of the field. */
  readonly fields: Readonly<Record<string, FieldProblem>>;
  readonly requestId: string | null;
  /** Seconds to wait before trying again, when the server said so. */
  readonly retryAfter: number | null;
}

/** Codes for what never reached the server or came back as something else than a problem document. */
export const NO_ANSWER = 'no_answer';
export const UNREADABLE = 'unreadable_answer';

/** Turns anything thrown into a problem; never throws. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof HttpErrorResponse)) {
    return blank('unexpected', 0, error instanceof Error ? error.message : null);
  }
  if (error.status === 0) {
    return blank(NO_ANSWER, 0, null);
  }
  const retryAfter = secondsOf(error.headers.get('Retry-After'));
  const body = bodyOf(error.error);
  if (!body) {
    return { ...blank(error.status >= 500 ? 'server_error' : UNREADABLE, error.status, null), retryAfter };
  }
  return {
    code: textOf(body['code']) ?? UNREADABLE,
    status: error.status,
    detail: textOf(body['detail']) ?? textOf(body['title']),
    action: textOf(body['action']),
    said: saidOf(body['said']),
    fields: fieldsOf(body['errors']),
    requestId: textOf(body['requestId']),
    retryAfter,
  };
}

function blank(code: string, status: number, detail: string | null): Problem {
  return { code, status, detail, action: null, fields: {}, requestId: null, retryAfter: null };
}

/** Calls that expect text or nothing hand their error body over unparsed. */
function bodyOf(raw: unknown): Record<string, unknown> | null {
  if (typeof raw === 'string') {
    try {
      return bodyOf(JSON.parse(raw) as unknown);
    } catch {
      return null;
    }
  }
  return typeof raw === 'object' && raw !== null && 'code' in raw ? raw : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** `Retry-After` is seconds or an HTTP date. */
function secondsOf(value: string | null): number | null {
  if (value === null) {
    return null;
  }
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : null;
}

function saidOf(value: unknown): NonNullable<Saying['said']> {
  return typeof value === 'object' && value !== null ? (value as NonNullable<Saying['said']>) : {};
}

function fieldsOf(value: unknown): Record<string, FieldProblem> {
  const fields: Record<string, FieldProblem> = {};
  if (Array.isArray(value)) {
    for (const one of value as { field?: unknown; message?: unknown; said?: unknown }[]) {
      const field = textOf(one.field);
      if (field !== null) {
        fields[field] ??= { message: textOf(one.message) ?? '', said: saidOf(one.said) };
      }
    }
  }
  return fields;
}
