import { BlockList, isIP, SocketAddress } from 'node:net';

type Family = 'ipv4' | 'ipv6';

/** A list of its own for each family: one for both would take every IPv4 address for one mapped into IPv6. */
function blocked(family: Family, subnets: readonly (readonly [net: string, prefix: number])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, family);
  return list;
}

/** Never searched, whoever asks: the machine itself, link-local (cloud metadata too), multicast, broadcast, "any". */
const forbidden: Readonly<Record<Family, BlockList>> = {
  ipv4: blocked('ipv4', [
    ['0.0.0.0', 8],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['224.0.0.0', 3],
  ]),
  ipv6: blocked('ipv6', [
    ['::', 127],
    ['::ffff:0:0', 96],
    ['fe80::', 10],
    ['ff00::', 8],
  ]),
};

/** Wider networks would contain a forbidden one, or are a slip of the pen. */
const WIDEST = { ipv4: 8, ipv6: 32 } as const;

/**
 * True for a network in CIDR notation (`10.20.0.0/16`) whose host part is zero, that is no wider than /8 (IPv6: /32)
 * and that is no loopback, link-local, multicast or unspecified one.
 */
export function isSearchableNetwork(text: string): boolean {
  const [address = '', prefixText = '', ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes('%') || !/^(0|[1-9]\d{0,2})$/.test(prefixText)) return false;
  const family: Family = version === 4 ? 'ipv4' : 'ipv6';
  const prefix = Number(prefixText);
  if (prefix < WIDEST[family] || prefix > (version === 4 ? 32 : 128)) return false;
  return !forbidden[family].check(address, family) && hostPartIsZero(address, family, prefix);
}

function hostPartIsZero(address: string, family: Family, prefix: number): boolean {
  const bits = family === 'ipv4' ? 32 : 128;
  const value = family === 'ipv4' ? fromParts(address.split('.'), 10, 8) : fromParts(groupsOf(address), 16, 16);
  return value % (1n << BigInt(bits - prefix)) === 0n;
}

function fromParts(parts: readonly string[], base: 10 | 16, width: number): bigint {
  return parts.reduce((sum, part) => (sum << BigInt(width)) + BigInt(Number.parseInt(part, base)), 0n);
}

/** The eight groups of an IPv6 address, written out. Node's own spelling has no IPv4 tail where none is needed. */
function groupsOf(address: string): string[] {
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  const [head = '', tail] = canonical.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
}
