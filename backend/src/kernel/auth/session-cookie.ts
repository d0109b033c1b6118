import { parseCookie, stringifySetCookie } from 'cookie';
import type { Config } from '../config/config';

/** `__Host-` binds the cookie to this origin but needs HTTPS; loopback over plain http gets another name. */
export function sessionCookieName(config: Config): string {
  return config.secure ? '__Host-system_update' : 'system_update_session';
}

export function readSessionToken(config: Config, cookieHeader: string | undefined): string | undefined {
  return cookieHeader === undefined ? undefined : parseCookie(cookieHeader)[sessionCookieName(config)];
}

/** The `Set-Cookie` value that starts a session, or ends it when the token is null. */
export function sessionCookie(config: Config, token: string | null, expiresAt: Date): string {
  return stringifySetCookie({
    name: sessionCookieName(config),
    value: token ?? '',
    httpOnly: true,
    secure: config.secure,
    sameSite: 'strict',
    path: '/',
    expires: token === null ? new Date(0) : expiresAt,
  });
}
