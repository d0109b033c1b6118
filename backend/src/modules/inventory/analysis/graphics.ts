import type { DeviceDriver, Gpu } from '../contracts/machine-probe.v1';
import { parseDisplays, parsePci, parsePciModels, type DisplayRow, type PciRow } from '../parsers/devices';
import { chain, fromCell, given, isMissing, map, missing, type Measured, type ReasonBook } from './measured';
import type { SectionReader } from './probe-sections';
import { say } from '../inventory.sentences';

/** PCI vendor numbers of what draws pictures or computes; another vendor's name is null, not guessed. */
const VENDORS: ReadonlyMap<string, string> = new Map([
  ['0x10de', 'NVIDIA'],
  ['0x1002', 'AMD'],
  ['0x8086', 'Intel'],
  ['0x1a03', 'ASPEED'],
  ['0x102b', 'Matrox'],
  ['0x1234', 'QEMU'],
  ['0x1b36', 'Red Hat (QXL)'],
  ['0x1af4', 'Red Hat (virtio)'],
  ['0x15ad', 'VMware'],
  ['0x80ee', 'VirtualBox'],
  ['0x1414', 'Microsoft'],
  ['0x1013', 'Cirrus Logic'],
]);
const NVIDIA = '0x10de';

const DEVICE_CLASSES: readonly (readonly [string, DeviceDriver['device_class']])[] = [
  ['0x01', 'storage'],
  ['0x02', 'network'],
  ['0x03', 'display'],
  ['0x12', 'accelerator'],
];

/** What the PCI bus and the kernel's display layer show. */
export interface Graphics {
  readonly gpus: Gpu[] | null;
  readonly drivers: DeviceDriver[] | null;
  /** a card made for computing or gaming; null when the cards could not be read */
  readonly dedicatedGpu: boolean | null;
}

function deviceClass(row: PciRow): DeviceDriver['device_class'] | null {
  return DEVICE_CLASSES.find(([prefix]) => row.classCode.startsWith(prefix))?.[1] ?? null;
}

function driverOf(row: PciRow): Measured<string> {
  if (row.driver.value === null && row.driver.missing === 'absent') {
    return missing('not_present', say.no_driver_bound());
  }
  return fromCell(row.driver, say.a_driver());
}

function pciGpu(row: PciRow, models: Measured<ReadonlyMap<string, string>>, book: ReasonBook): Gpu {
  const path = (field: string): string => `hardware.gpus[${row.address}].${field}`;
  const key = `${row.vendorId.slice(2)}:${row.deviceId.slice(2)}`;
  const model = chain(models, (names) => given(names.get(key), 'not_present', say.not_in_pci_ids()));
  const driver = book.take(path('driver'), driverOf(row));
  // nouveau draws pictures on NVIDIA cards, but neither computes nor manages power on most of them
  const wantsVendorDriver = row.vendorId === NVIDIA && (driver === null || driver === 'nouveau');
  const vendor = given(VENDORS.get(row.vendorId), 'undetermined', say.vendor_unknown({ vendor: row.vendorId }));
  return {
    address: row.address,
    bus: 'pci',
    vendor: book.take(path('vendor'), vendor),
    vendor_id: row.vendorId,
    device_id: row.deviceId,
    model: book.take(path('model'), model),
    driver,
    recommendations: wantsVendorDriver ? ['install_vendor_driver'] : [],
  };
}

function platformGpu(row: DisplayRow, book: ReasonBook): Gpu {
  const path = (field: string): string => `hardware.gpus[${row.card}].${field}`;
  const noPci = missing('not_applicable', say.graphics_not_on_pci());
  return {
    address: row.card,
    bus: 'platform',
    vendor: book.take(path('vendor'), noPci),
    vendor_id: book.take(path('vendor_id'), noPci),
    device_id: book.take(path('device_id'), noPci),
    model: book.take(path('model'), fromCell(row.compatible, say.a_device_tree_name())),
    driver: book.take(path('driver'), fromCell(row.driver, say.a_driver())),
    recommendations: [],
  };
}

/** Either list may be missing because the machine has no such bus; both missing means nothing could be looked at. */
function readGpus(pci: Measured<PciRow[]>, displays: Measured<DisplayRow[]>): Measured<[PciRow[], DisplayRow[]]> {
  if (isMissing(displays) && displays.code !== 'not_present') return displays;
  if (isMissing(pci) && (pci.code !== 'not_present' || isMissing(displays))) return pci;
  const cards = (pci.value ?? []).filter((row) => deviceClass(row) === 'display' || deviceClass(row) === 'accelerator');
  return { value: [cards, (displays.value ?? []).filter((row) => row.bus.value === 'platform')] };
}

export function findGraphics(reader: SectionReader, inContainer: boolean, book: ReasonBook): Graphics {
  const pci = reader.read('pci', parsePci);
  const models = reader.read('pci_models', parsePciModels);
  const displays = reader.read('display', parseDisplays);
  if (inContainer) {
    const ofHost = missing('not_applicable', say.devices_of_host());
    return {
      gpus: book.take('hardware.gpus', ofHost),
      drivers: book.take('hardware.drivers', ofHost),
      dedicatedGpu: null,
    };
  }
  const cards = book.take('hardware.gpus', readGpus(pci, displays));
  const gpus = cards && [
    ...cards[0].map((row) => pciGpu(row, models, book)),
    ...cards[1].map((row) => platformGpu(row, book)),
  ];
  const drivers = book.take(
    'hardware.drivers',
    map(pci, (rows) => rows.flatMap((row) => toDriver(row, book))),
  );
  // AMD's and Intel's numbers do not tell a card from graphics inside the processor; NVIDIA's and the class 12 do
  const dedicated = (row: PciRow): boolean => row.vendorId === NVIDIA || deviceClass(row) === 'accelerator';
  return { gpus, drivers, dedicatedGpu: cards === null ? null : cards[0].some(dedicated) };
}

function toDriver(row: PciRow, book: ReasonBook): DeviceDriver[] {
  const device = deviceClass(row);
  if (device === null) return [];
  const path = `hardware.drivers[${row.address}].driver`;
  return [
    {
      address: row.address,
      device_class: device,
      vendor_id: row.vendorId,
      device_id: row.deviceId,
      driver: book.take(path, driverOf(row)),
    },
  ];
}
