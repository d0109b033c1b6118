import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { affected, queryOne } from '../../kernel/database/rows';
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

export interface HardwareFacts {
  readonly cpuModel: string | null;
  readonly cpuCores: number | null;
  readonly memoryBytes: number | null;
  readonly gpus: unknown;
  readonly disks: unknown;
  readonly network: unknown;
  readonly firmware: unknown;
  readonly drivers: unknown;
  readonly warnings: unknown;
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
  readonly filesystems: unknown;
  readonly rootUsedPercent: number | null;
  readonly warnings: unknown;
}

/** Which reading a row comes from. */
export interface FactsSource {
  readonly snapshotId: string | null;
  readonly at: Date;
}

type Json = Record<string, unknown>;
type HardwareRow = Omit<MachineHardwareDto, 'memoryBytes' | 'reasons' | 'said' | 'warnings'> & {
  memoryBytes: string | null;
  reasons: Record<string, string> | null;
  warnings: Json[] | null;
};
type ByteKey = 'memoryTotalBytes' | 'memoryUsedBytes' | 'memoryAvailableBytes';
type MetricsRow = Omit<MachineMetricsDto, ByteKey | 'warnings'> &
  Record<ByteKey, string | null> & { warnings: Json[] | null };

/** SQL on machine_hardware, machine_metrics_latest, and the columns of `machines` that a probe finds. */
@Injectable()
export class MachineFactsRepository {
  constructor(private readonly dataSource: DataSource) {}

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
      ...[facts.gpus, facts.disks, facts.network, facts.firmware, facts.drivers, facts.warnings, facts.reasons].map(
        json,
      ),
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
      // The column is never null: the JSON null inside it says "not measured".
      JSON.stringify(facts.filesystems ?? null),
      facts.rootUsedPercent,
      json(facts.warnings),
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
    const reasons = row.reasons ?? {};
    return {
      ...row,
      memoryBytes: numberOf(row.memoryBytes),
      disks: camelKeys(row.disks),
      network: camelKeys(row.network),
      gpus: camelKeys(row.gpus),
      firmware: camelKeys(row.firmware),
      warnings: warningsOf(row.warnings),
      reasons,
      said: saidIn(reasons, Object.keys(reasons)),
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
    return {
      ...row,
      memoryTotalBytes: numberOf(row.memoryTotalBytes),
      memoryUsedBytes: numberOf(row.memoryUsedBytes),
      memoryAvailableBytes: numberOf(row.memoryAvailableBytes),
      filesystems: camelKeys(row.filesystems),
      warnings: warningsOf(row.warnings),
    };
  }
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

function warningsOf(rows: Json[] | null): Json[] {
  return (rows ?? []).map((row) => ({ ...camelKeys(row), said: saidIn(row, ['message']) }));
}

function json(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
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
