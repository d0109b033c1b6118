import { isIPv4, isIPv6 } from 'node:net';
import type { Sentence } from '../../kernel/sentences/sentences';
import { say } from './networks.sentences';

interface Parts {
  readonly bits: 32 | 128;
  readonly value: bigint;
  readonly prefix: number;
}

/** Ranges in one spelling each, or what is wrong with one of them. */
export type ReadRanges =
  { readonly ranges: readonly string[]; readonly problem: null } | { readonly problem: Sentence };

/**
 * Reads ranges of addresses, as `10.1.0.0/16` or `2001:db8::/48`; a bare address is a range of one. Pure.
 * Bits of the host that are set are a mistake of whoever wrote them: nobody can say which range was meant.
 */
export function readRanges(texts: readonly string[]): ReadRanges {
  const ranges: string[] = [];
  for (const given of texts) {
    const text = given.trim();
    const parts = partsOf(text);
    if (parts === null) return { problem: say.range_nonsense({ range: text }) };
    const range = written(parts);
    if (masked(parts) !== parts.value) return { problem: say.range_host_bits({ range: text, meant: range }) };
    if (ranges.includes(range)) return { problem: say.range_twice({ range: text }) };
    ranges.push(range);
  }
  return { ranges, problem: null };
}

function partsOf(text: string): Parts | null {
  const [address = '', length, ...rest] = text.split('/');
  if (rest.length > 0 || address.includes('%')) return null;
  const bits = isIPv4(address) ? 32 : isIPv6(address) ? 128 : null;
  if (bits === null || (length !== undefined && !/^\d{1,3}$/.test(length))) return null;
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits) return null;
  const value = bits === 32 ? numberOf(address.split('.'), 10, 8n) : numberOf(groupsOf(address), 16, 16n);
  return { bits, value, prefix };
}

function numberOf(parts: readonly string[], base: 10 | 16, width: bigint): bigint {
  return parts.reduce((sum, part) => (sum << width) + BigInt(Number.parseInt(part, base)), 0n);
}

/** The eight groups of an IPv6 address, whichever way it was written. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const before = head.split(':').filter(Boolean);
  const after = (tail ?? '').split(':').filter(Boolean);
  return [...before, ...new Array<string>(8 - before.length - after.length).fill('0'), ...after];
}

function masked({ bits, value, prefix }: Parts): bigint {
  const host = BigInt(bits - prefix);
  return (value >> host) << host;
}

function written(parts: Parts): string {
  const value = masked(parts);
  const suffix = `/${String(parts.prefix)}`;
  if (parts.bits === 32) return `${[24n, 16n, 8n, 0n].map((at) => String((value >> at) & 0xffn)).join('.')}${suffix}`;
  const groups = Array.from({ length: 8 }, (_none, index) => (value >> BigInt(112 - index * 16)) & 0xffffn);
  const long = groups.map((group) => group.toString(16)).join(':');
  return `${new URL(`http://[${long}]/`).hostname.slice(1, -1)}${suffix}`;
}
