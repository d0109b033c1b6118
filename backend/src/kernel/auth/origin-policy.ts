import type { IncomingMessage } from 'node:http';
import type { Sentence } from '../sentences/sentences';
import { say } from './auth.sentences';

/** Header that only our own pages can set across origins; simple cross-site requests cannot carry it. */
export const CSRF_HEADER = 'x-system-update';

type Headers = IncomingMessage['headers'];

/**
 * True when the request names one of our own hosts. A page of another site that re-binds its name to our address
 * (DNS rebinding) sends its own host.
 */
export function hostIsOurs(headers: Headers, allowedOrigins: readonly string[]): boolean {
  const host = headers.host?.toLowerCase();
  return host !== undefined && allowedOrigins.some((origin) => new URL(origin).host === host);
}

/**
 * Why a state-changing request is refused, or undefined when it comes from our own pages.
 *
 * Fetch metadata decides where the browser sends it, the Origin header otherwise; a client that sends neither
 * (a script) still has to send the custom header, which no form or image can.
 */
export function csrfViolation(headers: Headers, allowedOrigins: readonly string[]): Sentence | undefined {
  if (headers[CSRF_HEADER] === undefined) return say.header_missing({ header: CSRF_HEADER });
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return say.from_another_site();
  if (headers.origin !== undefined && !allowedOrigins.includes(headers.origin)) return say.origin_not_ours();
  return undefined;
}

/** A socket that a cookie authenticates must come from one of our own origins, always. */
export function socketOriginIsOurs(headers: Headers, allowedOrigins: readonly string[]): boolean {
  return headers.origin !== undefined && allowedOrigins.includes(headers.origin);
}
