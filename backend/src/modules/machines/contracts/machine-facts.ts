import type { Contract } from '../../../kernel/contracts/contract';
import {
  countOrNull,
  document,
  flag,
  flagOrNull,
  list,
  mapOf,
  nullable,
  nullableList,
  object,
  openWord,
  percentOrNull,
  positiveOrNull,
  text,
  textOrNull,
  words,
  type Schema,
} from '../../../kernel/contracts/schemas';

const hex: Schema = { type: 'string', pattern: '^0x[0-9a-f]+$' };
const hexOrNull: Schema = { type: ['string', 'null'], pattern: '^0x[0-9a-f]+$' };

export const gpu = object({
  address: text,
  bus: words(['pci', 'platform']),
  vendor: textOrNull,
  vendor_id: hexOrNull,
  device_id: hexOrNull,
  model: textOrNull,
  driver: textOrNull,
  recommendations: list(words(['install_vendor_driver'])),
});
export const disk = object({
  name: text,
  type: words(['disk', 'nvme', 'mmc', 'optical', 'raid', 'mapper', 'zvol', 'network', 'other']),
  size_bytes: positiveOrNull,
  rotational: flagOrNull,
  removable: flagOrNull,
  read_only: flagOrNull,
  model: textOrNull,
  smart: { type: 'null' },
});
export const networkInterface = object({
  name: text,
  mac: textOrNull,
  state: textOrNull,
  speed_mbps: positiveOrNull,
  driver: textOrNull,
  virtual: flag,
  addresses: nullableList(
    object({
      family: words(['inet', 'inet6']),
      address: text,
      prefix: { type: 'integer', minimum: 0, maximum: 128 },
      scope: text,
    }),
  ),
});
const firmwareFields = {
  bios_vendor: textOrNull,
  bios_version: textOrNull,
  bios_date: textOrNull,
  system_vendor: textOrNull,
  product_name: textOrNull,
  raspberry_eeprom: nullable(words(['current', 'update_available', 'failed', 'frozen'])),
};
export const firmware = object(firmwareFields);
export const deviceDriver = object({
  address: text,
  device_class: words(['storage', 'network', 'display', 'accelerator']),
  vendor_id: hex,
  device_id: hex,
  driver: textOrNull,
});
export const fileSystem = object({
  mount_point: text,
  device: text,
  type: text,
  size_bytes: positiveOrNull,
  used_bytes: countOrNull,
  available_bytes: countOrNull,
  used_percent: percentOrNull,
  inodes_total: positiveOrNull,
  inodes_used: countOrNull,
  inodes_used_percent: percentOrNull,
  read_only: flagOrNull,
});
/** Which codes and areas there are is for whoever probes to say. */
const warning = object({
  code: openWord,
  area: openWord,
  severity: words(['info', 'warning', 'error']),
  message: text,
  subject: textOrNull,
  params: mapOf({ type: ['string', 'number'] }),
});

const latest = 'Of the latest probe that measured it; null fields were not measured, and `reasons_json` says why.';

function listContract(name: string, column: string, title: string, items: Schema): Contract {
  return {
    name,
    title,
    description: latest,
    columns: [column],
    versions: { 1: { body: document(1, { items }) } },
    unversioned: (stored) => ({ items: stored }),
  };
}

/** The documents of a row of `machine_hardware`. */
export const HARDWARE = {
  gpus: listContract('machine_hardware.gpus', 'machine_hardware.gpus_json', 'Graphics devices', list(gpu)),
  disks: listContract('machine_hardware.disks', 'machine_hardware.disks_json', 'Disks', list(disk)),
  network: listContract(
    'machine_hardware.network',
    'machine_hardware.network_json',
    'Network interfaces',
    list(networkInterface),
  ),
  drivers: listContract(
    'machine_hardware.drivers',
    'machine_hardware.driver_json',
    'Devices and the drivers that they have',
    list(deviceDriver),
  ),
  warnings: listContract(
    'machine_hardware.warnings',
    'machine_hardware.warnings_json',
    'Warnings about the hardware',
    list(warning),
  ),
  firmware: {
    name: 'machine_hardware.firmware',
    title: 'Firmware',
    description: latest,
    columns: ['machine_hardware.firmware_json'],
    versions: { 1: { body: document(1, firmwareFields) } },
    unversioned: (stored) => stored as Record<string, unknown>,
  },
  reasons: {
    name: 'machine_hardware.reasons',
    title: 'Why values were not measured',
    description: 'A sentence for each null of the probe, by its path in the document `machine_probe`.',
    columns: ['machine_hardware.reasons_json'],
    versions: { 1: { body: document(1, { reasons: mapOf(text) }) } },
    unversioned: (stored) => ({ reasons: stored }),
  },
} satisfies Record<string, Contract>;

/** The documents of a row of `machine_metrics_latest`. */
export const METRICS = {
  filesystems: listContract(
    'machine_metrics.filesystems',
    'machine_metrics_latest.filesystems_json',
    'File systems; null: not measured',
    nullableList(fileSystem),
  ),
  warnings: listContract(
    'machine_metrics.warnings',
    'machine_metrics_latest.warnings_json',
    'Warnings about load, memory and file systems',
    list(warning),
  ),
} satisfies Record<string, Contract>;
