import type { Contract } from '../../../kernel/contracts/contract';
import {
  count,
  countOrNull,
  flag,
  flagOrNull,
  list,
  mapOf,
  nullable,
  nullableList,
  numberOrNull,
  object,
  percentOrNull,
  positiveOrNull,
  text,
  textOrNull,
  words,
  type Schema,
} from '../../../kernel/contracts/schemas';
import {
  deviceDriver,
  disk,
  fileSystem,
  firmware,
  gpu,
  networkInterface,
} from '../../machines/contracts/machine-facts';
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

const unmeasured = object({ path: text, code: words(UNMEASURED_CODES), reason: text });
const warning = object({
  code: words(WARNING_CODES),
  area: words(WARNING_AREAS),
  severity: words(SEVERITIES),
  message: text,
  subject: textOrNull,
  params: mapOf({ type: ['string', 'number'] }),
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
  network: nullableList(networkInterface),
  firmware: nullable(firmware),
  drivers: nullableList(deviceDriver),
  temperatures: nullableList(object({ name: text, celsius: numberOrNull, critical_celsius: numberOrNull })),
  power: nullable(power),
  warnings: list(warning),
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

/** `machine_probe`: what one probe of a machine found. */
export const MACHINE_PROBE: Contract = {
  name: MACHINE_PROBE_CONTRACT,
  title: 'What one probe of a machine found',
  description:
    'System, kind of machine, hardware, load and file systems. A null is "not measured", and `unmeasured` has the reason ' +
    'for each. Sizes are in bytes, shares in percent, temperatures in degrees Celsius.',
  columns: ['snapshots.payload_json'],
  versions: {
    [MACHINE_PROBE_VERSION]: {
      body: object({
        contract: { const: MACHINE_PROBE_CONTRACT },
        ...head,
        evidence: object({ machine_kind: text, virtualization: text }),
        os: operatingSystem,
        hardware,
        metrics,
        system,
        unmeasured: list(unmeasured),
      }),
    },
  },
};

/** `machine_probe.important`: the same, reduced. */
export const MACHINE_PROBE_IMPORTANT: Contract = {
  name: MACHINE_PROBE_IMPORTANT_CONTRACT,
  title: 'The important part of a machine probe',
  description:
    'What a report or an assistant needs of a probe: identity, size, load and the worst warnings. Reasons stand for the ' +
    'nulls of this document only.',
  columns: ['snapshots.important_json'],
  versions: {
    [MACHINE_PROBE_VERSION]: {
      body: object({
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
    },
  },
};
