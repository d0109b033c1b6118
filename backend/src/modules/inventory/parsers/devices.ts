import { ParseError, shown } from './parse-error';
import { linesOf, parseTable, requiredCell, type Cell } from './table';

/** One directory of /sys/block. Cells keep why a file had no value. */
export interface BlockRow {
  readonly name: string;
  readonly sectors: Cell;
  readonly rotational: Cell;
  readonly removable: Cell;
  readonly readOnly: Cell;
  /** `device/model` (SCSI, ATA, NVMe) or `device/name` (SD cards, eMMC) */
  readonly model: Cell;
}

export function parseBlockDevices(text: string): BlockRow[] {
  const columns = ['name', 'sectors', 'rotational', 'removable', 'model', 'readOnly', 'cardName'] as const;
  return parseTable('block', text, columns).map((row) => ({
    name: requiredCell('block', row.name, 'name'),
    sectors: row.sectors,
    rotational: row.rotational,
    removable: row.removable,
    readOnly: row.readOnly,
    model: row.model.value === null && row.cardName.value !== null ? row.cardName : row.model,
  }));
}

/** One directory of /sys/class/net. */
export interface InterfaceRow {
  readonly name: string;
  /** ARPHRD number: 1 Ethernet (and wireless), 772 loopback */
  readonly type: Cell;
  readonly mac: Cell;
  readonly state: Cell;
  readonly speed: Cell;
  readonly driver: Cell;
  readonly virtual: boolean;
}

export function parseInterfaces(text: string): InterfaceRow[] {
  const columns = ['name', 'type', 'mac', 'state', 'speed', 'driver', 'nature'] as const;
  return parseTable('net', text, columns).map((row) => {
    const nature = requiredCell('net', row.nature, 'nature');
    if (nature !== 'hardware' && nature !== 'virtual') throw new ParseError('net', `nature "${shown(nature)}" unknown`);
    return {
      name: requiredCell('net', row.name, 'name'),
      type: row.type,
      mac: row.mac,
      state: row.state,
      speed: row.speed,
      driver: row.driver,
      virtual: nature === 'virtual',
    };
  });
}

/** An address of an interface, as `ip -o addr` writes it. */
export interface InterfaceAddress {
  readonly interfaceName: string;
  readonly family: 'inet' | 'inet6';
  readonly address: string;
  readonly prefix: number;
  readonly scope: string;
}

const ADDRESS_LINE =
  /^\d+: (\S+)\s+(inet6?) ([0-9A-Fa-f.:]+)(?: peer [0-9A-Fa-f.:]+)?(?:\/(\d{1,3}))?\s(?:.*\s)?scope (\S+)/;

export function parseAddresses(text: string): InterfaceAddress[] {
  return linesOf(text)
    .filter((line) => !/^\d+: \S+\s+link/.test(line))
    .map((line) => {
      const [, name, family, address, prefix, scope] = ADDRESS_LINE.exec(line) ?? [];
      if (name === undefined || address === undefined || scope === undefined) {
        throw new ParseError('ip_addresses', `address expected, got "${shown(line)}"`);
      }
      const full = family === 'inet6' ? 128 : 32;
      return {
        interfaceName: name.replace(/@.*$/, ''),
        family: family === 'inet6' ? ('inet6' as const) : ('inet' as const),
        address,
        prefix: prefix === undefined ? full : Number(prefix),
        scope,
      };
    });
}

/** A device on the PCI bus: numbers as `0x8086`, class as six hexadecimal digits. */
export interface PciRow {
  readonly address: string;
  readonly classCode: string;
  readonly vendorId: string;
  readonly deviceId: string;
  readonly driver: Cell;
}

export function parsePci(text: string): PciRow[] {
  return parseTable('pci', text, ['address', 'class', 'vendor', 'device', 'driver']).map((row) => {
    const hex = (cell: Cell, column: string): string => {
      const value = requiredCell('pci', cell, column);
      if (!/^0x[0-9a-f]+$/.test(value)) throw new ParseError('pci', `${column} "${shown(value)}" is no number`);
      return value;
    };
    return {
      address: requiredCell('pci', row.address, 'address'),
      classCode: hex(row.class, 'class'),
      vendorId: hex(row.vendor, 'vendor'),
      deviceId: hex(row.device, 'device'),
      driver: row.driver,
    };
  });
}

/** Names from pci.ids by `vendor:device` (four hexadecimal digits each). */
export function parsePciModels(text: string): ReadonlyMap<string, string> {
  return new Map(
    parseTable('pci_models', text, ['id', 'name']).map((row) => [
      requiredCell('pci_models', row.id, 'id'),
      requiredCell('pci_models', row.name, 'name'),
    ]),
  );
}

/** A graphics card as the kernel's display layer lists it, whatever bus it is on. */
export interface DisplayRow {
  readonly card: string;
  readonly bus: Cell;
  readonly driver: Cell;
  /** device-tree name, e.g. `brcm,bcm2711-vc5` */
  readonly compatible: Cell;
}

export function parseDisplays(text: string): DisplayRow[] {
  return parseTable('display', text, ['card', 'bus', 'driver', 'compatible']).map((row) => ({
    card: requiredCell('display', row.card, 'card'),
    bus: row.bus,
    driver: row.driver,
    compatible: row.compatible,
  }));
}
