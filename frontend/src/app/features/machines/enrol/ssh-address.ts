export interface SshAddress {
  readonly user: string | null;
  readonly host: string;
  readonly port: number;
}

const SSH_PORT = 22;
const HOST = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?$/;
const IPV6 = /^[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]+)?$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9._-]*\$?$/;

/** Reads what people type for ssh: `host`, `user@host`, `host:port`, `[v6]:port`, `ssh://…`; null when it is none. */
export function parseAddress(text: string): SshAddress | null {
  const bare = text
    .trim()
    .replace(/^ssh:\/\//, '')
    .replace(/^ssh\s+/, '');
  const at = bare.lastIndexOf('@');
  const user = at === -1 ? null : bare.slice(0, at);
  const place = bare.slice(at + 1);
  if (user !== null && !USER.test(user)) {
    return null;
  }
  const bracket = /^\[([^\]]+)\](?::(\d+))?$/.exec(place);
  if (bracket) {
    return address(user, bracket[1] ?? '', bracket[2], IPV6);
  }
  if ((place.match(/:/g) ?? []).length > 1) {
    return address(user, place, undefined, IPV6);
  }
  const [host = '', port] = place.split(':');
  return address(user, host, port, HOST);
}

/** The address as people write it; the usual port is left out. */
export function writeAddress(host: string, port: number, user?: string | null): string {
  const place = host.includes(':') ? `[${host}]` : host;
  return `${user ? `${user}@` : ''}${place}:${String(port)}`;
}

function address(user: string | null, host: string, port: string | undefined, shape: RegExp): SshAddress | null {
  const number = port === undefined ? SSH_PORT : Number(port);
  const fits = host.length <= 253 && shape.test(host) && Number.isInteger(number) && number > 0 && number < 65_536;
  return fits && port !== '' ? { user, host, port: number } : null;
}
