import { inject, Injectable } from '@angular/core';
import { Api } from '../../api/api';
import {
  actionsRun,
  actionsRunMany,
  aptState,
  historyEvents,
  historySnapshot,
  historySnapshots,
  hostKeysApprove,
  hostKeysReject,
  hostKeysScan,
  jobsList,
  jobsLog,
  machinesArchive,
  machinesChange,
  machinesCreate,
  machinesGet,
  machinesHardware,
  machinesList,
  machinesMetrics,
  machinesPurge,
  machinesPutCredentials,
  machinesRestore,
  machinesTestConnection,
  requestsList,
  tagsChange,
  tagsCreate,
  tagsList,
  tagsRemove,
  type MachinesList$Params,
} from '../../api/functions';
import type {
  AptStateDto,
  ChangeMachineDto,
  ChangeTagDto,
  ConnectionTestDto,
  CreateMachineDto,
  CredentialsInputDto,
  CredentialsSummaryDto,
  EventPageDto,
  HostKeyDto,
  JobDto,
  JobPageDto,
  LogLineDto,
  MachineDetailDto,
  MachineHardwareDto,
  MachineMetricsDto,
  MachinePageDto,
  RunManyResultDto,
  SnapshotDetailDto,
  SnapshotPageDto,
  TagDto,
  TagUseDto,
} from '../../api/models';

export type MachineQuery = MachinesList$Params;

/** What the portal can start today: both only read. */
export type ReadActionName = 'machine_probe' | 'apt_update_analyze';

/** So much of what waits is counted. */
const COUNTED = 20;

export interface WaitingWork {
  readonly runs: number;
  readonly plans: number;
  /** There is more than was counted. */
  readonly more: boolean;
}

/** The part of the API that is about machines. The only file of this feature that knows the generated functions. */
@Injectable({ providedIn: 'root' })
export class MachinesApi {
  private readonly api = inject(Api);

  list(query: MachineQuery): Promise<MachinePageDto> {
    return this.api.invoke(machinesList, query);
  }

  get(id: string): Promise<MachineDetailDto> {
    return this.api.invoke(machinesGet, { id });
  }

  create(input: CreateMachineDto): Promise<MachineDetailDto> {
    return this.api.invoke(machinesCreate, { body: input });
  }

  change(id: string, change: ChangeMachineDto): Promise<MachineDetailDto> {
    return this.api.invoke(machinesChange, { id, body: change });
  }

  archive(id: string): Promise<void> {
    return this.api.invoke(machinesArchive, { id });
  }

  restore(id: string): Promise<MachineDetailDto> {
    return this.api.invoke(machinesRestore, { id });
  }

  /** For ever; `name` is what was typed. */
  purge(id: string, name: string): Promise<void> {
    return this.api.invoke(machinesPurge, { id, body: { name } });
  }

  putCredentials(id: string, input: CredentialsInputDto): Promise<CredentialsSummaryDto> {
    return this.api.invoke(machinesPutCredentials, { id, body: input });
  }

  scanHostKeys(id: string): Promise<HostKeyDto[]> {
    return this.api.invoke(hostKeysScan, { id });
  }

  approveHostKey(id: string, key: HostKeyDto): Promise<HostKeyDto> {
    return this.api.invoke(hostKeysApprove, { id, keyId: key.id, body: { fingerprintSha256: key.fingerprintSha256 } });
  }

  rejectHostKey(id: string, keyId: string): Promise<HostKeyDto> {
    return this.api.invoke(hostKeysReject, { id, keyId });
  }

  testConnection(id: string): Promise<ConnectionTestDto> {
    return this.api.invoke(machinesTestConnection, { id });
  }

  apt(id: string): Promise<AptStateDto> {
    return this.api.invoke(aptState, { id });
  }

  hardware(id: string): Promise<MachineHardwareDto> {
    return this.api.invoke(machinesHardware, { id });
  }

  metrics(id: string): Promise<MachineMetricsDto> {
    return this.api.invoke(machinesMetrics, { id });
  }

  events(id: string, cursor?: string): Promise<EventPageDto> {
    return this.api.invoke(historyEvents, { id, limit: 50, ...(cursor === undefined ? {} : { cursor }) });
  }

  snapshots(id: string, cursor?: string): Promise<SnapshotPageDto> {
    return this.api.invoke(historySnapshots, { id, limit: 50, ...(cursor === undefined ? {} : { cursor }) });
  }

  snapshot(id: string): Promise<SnapshotDetailDto> {
    return this.api.invoke(historySnapshot, { id });
  }

  jobs(machineId: string, cursor?: string): Promise<JobPageDto> {
    return this.api.invoke(jobsList, { machineId, limit: 50, ...(cursor === undefined ? {} : { cursor }) });
  }

  /** Null while the machine has had none. */
  async newestJob(machineId: string): Promise<JobDto | null> {
    return (await this.api.invoke(jobsList, { machineId, limit: 1 })).items[0] ?? null;
  }

  /** What has not begun on a machine: its jobs, and its plans that nobody has decided about. */
  async waitingWork(machineId: string): Promise<WaitingWork> {
    const [jobs, plans] = await Promise.all([
      this.api.invoke(jobsList, { machineId, status: ['queued'], limit: COUNTED }),
      this.api.invoke(requestsList, { machineId, status: ['pending'], limit: COUNTED }),
    ]);
    const more = jobs.nextCursor !== null || plans.nextCursor !== null;
    return { runs: jobs.items.length, plans: plans.items.length, more };
  }

  /** The last lines of the machine's newest job; none while it has had no job. */
  async lastLines(machineId: string, count: number): Promise<LogLineDto[]> {
    const job = await this.newestJob(machineId);
    if (job === null) {
      return [];
    }
    const after = Math.max(0, job.lastSeq - count);
    return (await this.api.invoke(jobsLog, { id: job.id, after })).lines.slice(-count);
  }

  tags(): Promise<TagUseDto[]> {
    return this.api.invoke(tagsList);
  }

  changeTag(id: string, change: ChangeTagDto): Promise<TagDto> {
    return this.api.invoke(tagsChange, { id, body: change });
  }

  removeTag(id: string): Promise<void> {
    return this.api.invoke(tagsRemove, { id });
  }

  createTag(name: string): Promise<TagDto> {
    return this.api.invoke(tagsCreate, { body: { name } });
  }

  run(id: string, name: ReadActionName): Promise<JobDto> {
    return this.api.invoke(actionsRun, { id, name, body: {} });
  }

  runOnMany(machineIds: string[], name: ReadActionName): Promise<RunManyResultDto> {
    return this.api.invoke(actionsRunMany, { name, body: { machineIds } });
  }
}
