import { BlockList, isIP } from 'node:net';

/** A set of IP addresses, given as addresses or networks (CIDR). */
export class Networks {
  private readonly list = new BlockList();

  /** @throws Error when one is neither */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', prefix] = network.split('/');
      if (prefix === undefined) this.list.addAddress(address, familyOf(address));
      else this.list.addSubnet(address, Number(prefix), familyOf(address));
    }
  }

  /** @param address as a socket tells it; an IPv4 address may stand in IPv6 notation */
  contain(address: string | undefined): boolean {
    return address !== undefined && this.list.check(address, familyOf(address));
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
