import type { NetworkInterface } from '../contracts/machine-probe.v1';
import { parseAddresses, parseInterfaces, type InterfaceAddress, type InterfaceRow } from '../parsers/devices';
import { ParseError } from '../parsers/parse-error';
import { wholeNumber } from '../parsers/table';
import { chain, fromCell, map, missing, type Measured, type ReasonBook } from './measured';
import type { SectionReader } from './probe-sections';
import { say } from '../inventory.sentences';

const ARPHRD_ETHERNET = '1';
const ARPHRD_LOOPBACK = '772';

/** A host's ends of the links to its guests and containers: hundreds of them, and none the machine's own. */
const GUEST_LINK = /^(veth|tap|fwbr|fwpr|fwln|cali|lxc)/;

interface ReadInterface {
  readonly row: InterfaceRow;
  readonly speed: Measured<number>;
}

function speedOf(row: InterfaceRow): Measured<number> {
  if (row.speed.value === null && row.speed.missing === 'unreadable') {
    return missing('not_readable', say.speed_of_wired_link());
  }
  return chain(fromCell(row.speed, say.a_link_speed()), (text): Measured<number> => {
    const speed = wholeNumber('net', text);
    if (speed < -1) throw new ParseError('net', 'a speed below -1');
    return speed > 0 ? { value: speed } : missing('not_readable', say.no_link_speed());
  });
}

function isOwn(row: InterfaceRow): boolean {
  return row.type.value !== ARPHRD_LOOPBACK && !(row.virtual && GUEST_LINK.test(row.name));
}

function readInterfaces(text: string): ReadInterface[] {
  return parseInterfaces(text)
    .filter(isOwn)
    .map((row) => ({ row, speed: speedOf(row) }));
}

function macOf(row: InterfaceRow): Measured<string> {
  if (row.type.value === ARPHRD_ETHERNET) return fromCell(row.mac, say.a_hardware_address());
  return missing('not_applicable', say.no_hardware_address());
}

function driverOf(row: InterfaceRow): Measured<string> {
  if (row.virtual) return missing('not_applicable', say.no_driver_of_software());
  return fromCell(row.driver, say.a_driver());
}

function toInterface(
  { row, speed }: ReadInterface,
  addresses: Measured<InterfaceAddress[]>,
  book: ReasonBook,
): NetworkInterface {
  const path = (field: string): string => `hardware.network[${row.name}].${field}`;
  const own = map(addresses, (all) => all.filter((address) => address.interfaceName === row.name));
  return {
    name: row.name,
    mac: book.take(path('mac'), macOf(row)),
    state: book.take(path('state'), fromCell(row.state, say.a_link_state())),
    speed_mbps: book.take(path('speed_mbps'), speed),
    driver: book.take(path('driver'), driverOf(row)),
    virtual: row.virtual,
    addresses: book.take(
      path('addresses'),
      map(own, (list) => list.map(({ family, address, prefix, scope }) => ({ family, address, prefix, scope }))),
    ),
  };
}

/** The machine's network interfaces without loopback; a container's are its own. */
export function findNetwork(reader: SectionReader, book: ReasonBook): NetworkInterface[] | null {
  const interfaces = reader.read('net', readInterfaces);
  const addresses = reader.read('ip_addresses', parseAddresses);
  return book.take('hardware.network', interfaces)?.map((read) => toInterface(read, addresses, book)) ?? null;
}
