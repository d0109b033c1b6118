import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Contracts } from '../../kernel/contracts/contracts';
import type { JsonDocument } from '../../kernel/contracts/json-document';
import { RowDocuments } from '../../kernel/contracts/row-documents';
import { affected, queryOne } from '../../kernel/database/rows';
import { HARDWARE, METRICS } from './contracts/machine-facts';
import type { MachineHardwareDto, MachineMetricsDto } from './dto/machine-facts.dto';
import type { MachineKind } from './entities/machines.values';
import { saidIn } from '../../kernel/sentences/said';

/** Null = not measured this time. */
export interface MachineIdentity {
  readonly osFamily: string | null;
  readonly osVersion: string | null;
  readonly osCodename: string | null;
  readonly arch: string | null;
  readonly virtualization: string | null;
  readonly hardwareProfile: string | null;
  readonly machineKind: MachineKind;
}

/** As the contract of the column has them. */
type Items = readonly object[] | null;

export interface HardwareFacts {
  readonly cpuModel: string | null;
  readonly cpuCores: number | null;
  readonly memoryBytes: number | null;
  readonly gpus: Items;
  readonly disks: Items;
  readonly network: Items;
  readonly firmware: object | null;
  readonly drivers: Items;
  readonly warnings: Items;
  /** Why a value is null, by its path in the document. */
  readonly reasons: Readonly<Record<string, string>>;
}

export interface MetricsFacts {
  readonly cpuLoad1: number | null;
  readonly cpuLoad5: number | null;
  readonly cpuCores: number | null;
  readonly memoryTotalBytes: number | null;
  readonly memoryUsedBytes: number | null;
  readonly memoryAvailableBytes: number | null;
  readonly memoryUsedPercent: number | null;
  readonly filesystems: Items;
  readonly rootUsedPercent: number | null;
  readonly warnings: Items;
}

/** Which reading a row comes from. */
export interface FactsSource {
  readonly snapshotId: string | null;
  readonly at: Date;
}

type Json = Record<string, unknown>;
type HardwareKey = 'gpus' | 'disks' | 'network' | 'firmware' | 'warnings' | 'reasons';
type HardwareRow = Pick<MachineHardwareDto, 'cpuModel' | 'cpuCores' | 'updatedAt'> &
  Record<HardwareKey, unknown> & { memoryBytes: string | null };
type ByteKey = 'memoryTotalBytes' | 'memoryUsedBytes' | 'memoryAvailableBytes';
type MetricsKey = 'filesystems' | 'warnings';
type MetricsRow = Omit<MachineMetricsDto, ByteKey | MetricsKey | 'unreadable'> &
  Record<ByteKey, string | null> &
  Record<MetricsKey, unknown>;

/** SQL on machine_hardware, machine_metrics_latest, and the columns of `machines` that a probe finds. */
@Injectable()
export class MachineFactsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
  ) {}

  /** Keeps what stands there where nothing was measured. */
  async saveIdentity(manager: EntityManager, machineId: string, identity: MachineIdentity): Promise<void> {
    await affected(
      manager,
      `UPDATE machines SET os_family = COALESCE($2, os_family), os_version = COALESCE($3, os_version),
              os_codename = COALESCE($4, os_codename), arch = COALESCE($5, arch),
              virtualization = COALESCE($6, virtualization), hardware_profile = COALESCE($7, hardware_profile),
              machine_kind = COALESCE(NULLIF($8, 'unknown'), machine_kind)
        WHERE id = $1`,
      [
        machineId,
        identity.osFamily,
        identity.osVersion,
        identity.osCodename,
        identity.arch,
        identity.virtualization,
        identity.hardwareProfile,
        identity.machineKind,
      ],
    );
  }

  async saveHardware(
    manager: EntityManager,
    machineId: string,
    facts: HardwareFacts,
    source: FactsSource,
  ): Promise<void> {
    const columns =
      'cpu_model, cpu_cores, memory_bytes, gpus_json, disks_json, network_json, firmware_json, driver_json, warnings_json, reasons_json, probe_snapshot_id, updated_at';
    await replaceRow(manager, 'machine_hardware', columns.split(', '), [
      machineId,
      facts.cpuModel,
      facts.cpuCores,
      facts.memoryBytes,
      this.items(HARDWARE.gpus.name, facts.gpus),
      this.items(HARDWARE.disks.name, facts.disks),
      this.items(HARDWARE.network.name, facts.network),
      facts.firmware === null ? null : this.contracts.document(HARDWARE.firmware.name, facts.firmware),
      this.items(HARDWARE.drivers.name, facts.drivers),
      this.items(HARDWARE.warnings.name, facts.warnings),
      this.contracts.document(HARDWARE.reasons.name, { reasons: facts.reasons }),
      source.snapshotId,
      source.at,
    ]);
  }

  async saveMetrics(
    manager: EntityManager,
    machineId: string,
    facts: MetricsFacts,
    source: FactsSource,
  ): Promise<void> {
    const columns =
      'cpu_load1, cpu_load5, cpu_cores, memory_total_bytes, memory_used_bytes, memory_available_bytes, memory_used_percent, filesystems_json, root_used_percent, warnings_json, snapshot_id, collected_at';
    await replaceRow(manager, 'machine_metrics_latest', columns.split(', '), [
      machineId,
      facts.cpuLoad1,
      facts.cpuLoad5,
      facts.cpuCores,
      facts.memoryTotalBytes,
      facts.memoryUsedBytes,
      facts.memoryAvailableBytes,
      facts.memoryUsedPercent,
      // The column is never null: the null inside the document says "not measured".
      this.contracts.document(METRICS.filesystems.name, { items: facts.filesystems }),
      facts.rootUsedPercent,
      this.items(METRICS.warnings.name, facts.warnings),
      source.snapshotId,
      source.at,
    ]);
  }

  async hardware(machineId: string): Promise<MachineHardwareDto | null> {
    const row = await queryOne<HardwareRow>(
      this.dataSource,
      `SELECT cpu_model AS "cpuModel", cpu_cores AS "cpuCores", memory_bytes AS "memoryBytes", disks_json AS disks,
              network_json AS network, gpus_json AS gpus, firmware_json AS firmware, warnings_json AS warnings,
              reasons_json AS reasons, updated_at AS "updatedAt"
         FROM machine_hardware WHERE machine_id = $1`,
      [machineId],
    );
    if (row === null) return null;
    const documents = new RowDocuments(this.contracts);
    const reasons = (documents.read(HARDWARE.reasons.name, row.reasons)?.['reasons'] ?? {}) as Record<string, string>;
    return {
      ...row,
      memoryBytes: numberOf(row.memoryBytes),
      disks: itemsOf(documents.read(HARDWARE.disks.name, row.disks)),
      network: itemsOf(documents.read(HARDWARE.network.name, row.network)),
      gpus: itemsOf(documents.read(HARDWARE.gpus.name, row.gpus)),
      firmware: camelKeys(documents.read(HARDWARE.firmware.name, row.firmware)),
      warnings: warningsOf(documents.read(HARDWARE.warnings.name, row.warnings)),
      reasons,
      said: saidIn(reasons, Object.keys(reasons)),
      unreadable: documents.unreadable(),
    };
  }

  async metrics(machineId: string): Promise<MachineMetricsDto | null> {
    const row = await queryOne<MetricsRow>(
      this.dataSource,
      `SELECT collected_at AS "collectedAt", cpu_load1 AS "cpuLoad1", cpu_load5 AS "cpuLoad5", cpu_cores AS "cpuCores",
              memory_total_bytes AS "memoryTotalBytes", memory_used_bytes AS "memoryUsedBytes",
              memory_available_bytes AS "memoryAvailableBytes", memory_used_percent AS "memoryUsedPercent",
              filesystems_json AS filesystems, root_used_percent AS "rootUsedPercent", warnings_json AS warnings
         FROM machine_metrics_latest WHERE machine_id = $1`,
      [machineId],
    );
    if (row === null) return null;
    const documents = new RowDocuments(this.contracts);
    return {
      ...row,
      memoryTotalBytes: numberOf(row.memoryTotalBytes),
      memoryUsedBytes: numberOf(row.memoryUsedBytes),
      memoryAvailableBytes: numberOf(row.memoryAvailableBytes),
      filesystems: itemsOf(documents.read(METRICS.filesystems.name, row.filesystems)),
      warnings: warningsOf(documents.read(METRICS.warnings.name, row.warnings)),
      unreadable: documents.unreadable(),
    };
  }

  private items(contract: string, items: Items): JsonDocument | null {
    return items === null ? null : this.contracts.document(contract, { items });
  }
}

function itemsOf(document: Json | null): Json[] | null {
  return document === null ? null : camelKeys(document['items'] as Json[] | null);
}

/** One statement: the row of a machine, new or in place of the old one. */
async function replaceRow(
  manager: EntityManager,
  table: string,
  columns: readonly string[],
  values: readonly unknown[],
): Promise<void> {
  await affected(
    manager,
    `INSERT INTO ${table} (machine_id, ${columns.join(', ')}) VALUES (${values.map((_value, index) => `$${String(index + 1)}`).join(', ')})
     ON CONFLICT (machine_id) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    values,
  );
}

function warningsOf(document: Json | null): Json[] {
  return ((document?.['items'] ?? []) as Json[]).map((row) => ({ ...camelKeys(row), said: saidIn(row, ['message']) }));
}

/** A bigint comes as text. */
function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}

/** The document's snake_case names as the API writes them; values, and the free names in `params`, stay. */
function camelKeys<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => camelKeys(item)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [
    key.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase()),
    key === 'params' ? item : camelKeys(item as unknown),
  ]);
  return Object.fromEntries(entries) as T;
}
