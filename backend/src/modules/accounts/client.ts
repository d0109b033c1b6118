import type { Request } from 'express';
import type { Client } from './sessions.service';

/** Where the request comes from. `ip` believes forwarded headers of the named proxies only. */
export function clientOf(request: Request & { id?: unknown }): Client {
  return {
    ip: request.ip ?? null,
    userAgent: request.headers['user-agent']?.slice(0, 300) ?? null,
    requestId: typeof request.id === 'string' ? request.id : null,
  };
}
