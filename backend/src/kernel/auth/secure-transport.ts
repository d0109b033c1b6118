import type { IncomingMessage } from 'node:http';
import type { Config } from '../config/config';

/**
 * True when HTTPS is demanded and a request came without: past the trusted proxy, or over its plain side.
 *
 * A cookie marked Secure protects nothing where we would take it over plain HTTP as well.
 */
export function lacksHttps(config: Config, request: IncomingMessage): boolean {
  if (!config.secure || config.hasCertificate) return false;
  return !(config.trustedProxies.contain(request.socket.remoteAddress) && forwardedProtocol(request) === 'https');
}

/** What the client spoke with the outermost proxy. */
function forwardedProtocol({ headers }: IncomingMessage): string | undefined {
  return headers['x-forwarded-proto']?.toString().split(',', 1)[0]?.trim().toLowerCase();
}
