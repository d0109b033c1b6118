import {
  MACHINE_KINDS,
  MACHINE_PROBE_CONTRACT,
  MACHINE_PROBE_VERSION,
  SEVERITIES,
  UNMEASURED_CODES,
  WARNING_AREAS,
  WARNING_CODES,
} from './machine-probe.v1';
import { IMPORTANT_WARNINGS_LIMIT, MACHINE_PROBE_IMPORTANT_CONTRACT } from './machine-probe-important.v1';

type Schema = Readonly<Record<string, unknown>>;

/** Every property is required and no other is allowed: a field left out by mistake is refused, not read as "unmeasured". */
function object(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties), properties };
}

const list = (items: Schema): Schema => ({ type: 'array', items });
const nullableList = (items: Schema): Schema => ({ type: ['array', 'null'], items });
const nullable = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const words = (values: readonly string[]): Schema => ({ type: 'string', enum: values });

const text: Schema = { type: 'string', minLength: 1 };
const textOrNull: Schema = { type: ['string', 'null'], minLength: 1 };
const count: Schema = { type: 'integer', minimum: 0 };
const countOrNull: Schema = { type: ['integer', 'null'], minimum: 0 };
const positiveOrNull: Schema = { type: ['integer', 'null'], minimum: 1 };
const numberOrNull: Schema = { type: ['number', 'null'] };
const percentOrNull: Schema = { type: ['number', 'null'], minimum: 0, maximum: 100 };
const flag: Schema = { type: 'boolean' };
const flagOrNull: Schema = { type: ['boolean', 'null'] };
const hexOrNull: Schema = { type: ['string', 'null'], pattern: '^0x[0-9a-f]+$' };

const unmeasured = object({ path: text, code: words(UNMEASURED_CODES), reason: text });
const warning = object({
  code: words(WARNING_CODES),
  area: words(WARNING_AREAS),
  severity: words(SEVERITIES),
  message: text,
  subject: textOrNull,
  params: { type: 'object', additionalProperties: { anyOf: [{ type: 'string' }, { type: 'number' }] } },
});

const operatingSystem = object({
  id: textOrNull,
  id_like: nullableList(text),
  pretty_name: textOrNull,
  version_id: textOrNull,
  debian_version: textOrNull,
  kernel_release: textOrNull,
  kernel_machine: textOrNull,
  hostname: textOrNull,
});
const gpu = object({
  address: text,
  bus: words(['pci', 'platform']),
  vendor: textOrNull,
  vendor_id: hexOrNull,
  device_id: hexOrNull,
  model: textOrNull,
  driver: textOrNull,
  recommendations: list(words(['install_vendor_driver'])),
});
const disk = object({
  name: text,
  type: words(['disk', 'nvme', 'mmc', 'optical', 'raid', 'mapper', 'zvol', 'network', 'other']),
  size_bytes: positiveOrNull,
  rotational: flagOrNull,
  removable: flagOrNull,
  read_only: flagOrNull,
  model: textOrNull,
  smart: { type: 'null' },
});
const network = object({
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
const firmware = object({
  bios_vendor: textOrNull,
  bios_version: textOrNull,
  bios_date: textOrNull,
  system_vendor: textOrNull,
  product_name: textOrNull,
  raspberry_eeprom: nullable(words(['current', 'update_available', 'failed', 'frozen'])),
});
const driver = object({
  address: text,
  device_class: words(['storage', 'network', 'display', 'accelerator']),
  vendor_id: { type: 'string', pattern: '^0x[0-9a-f]+$' },
  device_id: { type: 'string', pattern: '^0x[0-9a-f]+$' },
  driver: textOrNull,
});
const power = object({
  undervoltage_now: flagOrNull,
  undervoltage_since_boot: flagOrNull,
  throttled_now: flagOrNull,
  throttled_since_boot: flagOrNull,
});
const hardware = object({
  cpu_model: textOrNull,
  cpu_cores: positiveOrNull,
  memory_bytes: positiveOrNull,
  gpus: nullableList(gpu),
  disks: nullableList(disk),
  network: nullableList(network),
  firmware: nullable(firmware),
  drivers: nullableList(driver),
  temperatures: nullableList(object({ name: text, celsius: numberOrNull, critical_celsius: numberOrNull })),
  power: nullable(power),
  warnings: list(warning),
});
const fileSystem = object({
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
const metrics = object({
  load1: { ...numberOrNull, minimum: 0 },
  load5: { ...numberOrNull, minimum: 0 },
  cores: positiveOrNull,
  memory_total_bytes: positiveOrNull,
  memory_used_bytes: countOrNull,
  memory_available_bytes: countOrNull,
  memory_used_percent: percentOrNull,
  filesystems: nullableList(fileSystem),
  root_used_percent: percentOrNull,
  warnings: list(warning),
});
const system = object({
  uptime_seconds: { ...numberOrNull, minimum: 0 },
  boot_id: textOrNull,
  clock_offset_seconds: { type: ['integer', 'null'] },
  systemd_state: textOrNull,
  failed_units: nullableList(text),
  warnings: list(warning),
});

const head = {
  schema_version: { const: MACHINE_PROBE_VERSION },
  status: words(['ok', 'warning', 'error']),
  complete: flag,
  os_family: textOrNull,
  os_version: textOrNull,
  os_codename: textOrNull,
  arch: textOrNull,
  machine_kind: words(MACHINE_KINDS),
  virtualization: textOrNull,
  hardware_profile: textOrNull,
} satisfies Record<string, Schema>;

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** JSON Schema of `MachineProbe`, for `ajv/dist/2020` in strict mode. */
export const machineProbeSchema: Schema = {
  $schema: DIALECT,
  $id: 'system-update:machine-probe:1',
  title: 'What one probe of a machine found; null is "not measured"',
  ...object({
    contract: { const: MACHINE_PROBE_CONTRACT },
    ...head,
    evidence: object({ machine_kind: text, virtualization: text }),
    os: operatingSystem,
    hardware,
    metrics,
    system,
    unmeasured: list(unmeasured),
  }),
};

/** JSON Schema of `MachineProbeImportant`. */
export const machineProbeImportantSchema: Schema = {
  $schema: DIALECT,
  $id: 'system-update:machine-probe-important:1',
  title: 'The reduced form of a machine probe',
  ...object({
    contract: { const: MACHINE_PROBE_IMPORTANT_CONTRACT },
    ...head,
    cpu_model: textOrNull,
    cpu_cores: positiveOrNull,
    memory_bytes: positiveOrNull,
    load1: { ...numberOrNull, minimum: 0 },
    memory_used_percent: percentOrNull,
    root_used_percent: percentOrNull,
    warnings: { ...list(warning), maxItems: IMPORTANT_WARNINGS_LIMIT },
    warnings_total: count,
    unmeasured: list(unmeasured),
  }),
};
