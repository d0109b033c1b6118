import { isIP, isIPv4, isIPv6 } from 'node:net';

const label = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
/** Resolvers read these as an IPv4 address in another notation. */
const numeric = /^(\d+|0[xX][0-9a-fA-F]*)$/;

/** True for a DNS name or an IP address, at most 253 characters. */
export function isHostAddress(text: string): boolean {
  if (text.length === 0 || text.length > 253) return false;
  if (isIPv4(text)) return true;
  if (text.includes(':')) return isIPv6Address(text);
  const labels = text.split('.');
  return labels.every((part) => label.test(part)) && !numeric.test(labels.at(-1) ?? '');
}

/** A zone (`fe80::1%eth0`) names one of our own interfaces. */
function isIPv6Address(text: string): boolean {
  const [address, zone, ...rest] = text.split('%');
  return rest.length === 0 && isIPv6(address ?? '') && (zone === undefined || /^[A-Za-z0-9_.-]{1,15}$/.test(zone));
}

/**
 * One spelling per IP address, so that the same address twice is noticed. An IPv4 address in IPv6 notation
 * (`::ffff:192.0.2.1`, RFC 4291, 2.5.5.2) is the IPv4 address. Others stay as they are.
 */
export function canonicalAddress(text: string): string {
  if (!isIPv6(text) || text.includes('%')) return text;
  const address = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
  if (mapped === null) return address;
  const groups = mapped.slice(1).map((group) => Number.parseInt(group, 16));
  return groups.flatMap((group) => [group >> 8, group & 0xff]).join('.');
}

/** The IP address that a text is, in its one spelling and without a zone; null for a name. */
export function ipAddress(text: string): string | null {
  const [address = ''] = text.split('%');
  return isIP(address) === 0 ? null : canonicalAddress(address);
}

/** An account of a Unix system, as useradd takes them. */
export const UNIX_USERNAME = /^[a-z_][a-z0-9_.-]{0,31}\$?$/;

/**
 * A name that people give: printable, and without the characters by which shells, spreadsheets and markup begin to
 * compute. It is shown and exported in many places.
 */
export const GIVEN_NAME = /^(?![-=+@\s])[^\p{C}\p{Zl}\p{Zp}$`\\<>"|;]*(?<!\s)$/u;

/** The address of a proxy: scheme, host and port, with a user name at most. */
export function isProxyUrl(text: string): boolean {
  if (text.length > 300 || !/^https?:\/\/[A-Za-z0-9._~%@:[\]-]+\/?$/.test(text)) return false;
  const url = URL.parse(text);
  if (url?.password !== '' || url.pathname !== '/') return false;
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return isHostAddress(host);
}
