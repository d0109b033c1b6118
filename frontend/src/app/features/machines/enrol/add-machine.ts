import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { Component, computed, inject, signal } from '@angular/core';
import { Router } from '@angular/router';
import type { ConnectionTestDto, HostKeyDto, MachineDetailDto } from '../../../api/models';
import { problemOf, type Problem } from '../../../core/errors/problem';
import { Texts } from '../../../core/i18n/texts';
import { Activity } from '../../../core/live/activity';
import { Session } from '../../../core/session/session';
import { ErrorNotice } from '../../../ui/error-notice';
import { Icon } from '../../../ui/icon';
import { MachineList } from '../dashboard/machine-list';
import { MachinesApi } from '../machines-api';
import { AddressForm, type AddressDraft } from './address-form';
import { ConnectionStages } from './connection-stages';
import { CredentialsForm, EMPTY_DRAFT, inputOf, isComplete } from './credentials-form';
import { HostKeyCard } from './host-key-card';
import { parseAddress, writeAddress } from './ssh-address';

export interface AddMachineData {
  readonly address: string | null;
  /** Goes on with a machine that was added before. */
  readonly machineId: string | null;
}

type Step = 'address' | 'hostKey' | 'test' | 'analyse';

const STEPS: readonly Step[] = ['address', 'hostKey', 'test', 'analyse'];

/** Adds a machine: address and way in, then its key, then a connection test, then the first analysis. */
@Component({
  selector: 'su-add-machine',
  imports: [AddressForm, ConnectionStages, CredentialsForm, ErrorNotice, HostKeyCard, Icon],
  templateUrl: './add-machine.html',
  styleUrl: './add-machine.scss',
})
export class AddMachine {
  protected readonly texts = inject(Texts);
  protected readonly session = inject(Session);
  private readonly api = inject(MachinesApi);
  private readonly activity = inject(Activity);
  private readonly list = inject(MachineList);
  private readonly router = inject(Router);
  private readonly data = inject<AddMachineData>(DIALOG_DATA);
  protected readonly ref = inject<DialogRef<string>>(DialogRef);
  protected readonly steps = STEPS;
  protected readonly step = signal<Step>('address');
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly machine = signal<MachineDetailDto | null>(null);
  protected readonly keys = signal<readonly HostKeyDto[]>([]);
  protected readonly sharedWith = signal<readonly { id: string; name: string }[]>([]);
  protected readonly test = signal<ConnectionTestDto | null>(null);
  protected readonly compared = signal<boolean | null>(null);
  protected readonly credentials = signal(EMPTY_DRAFT);
  protected readonly editing = signal(false);
  protected readonly address = signal<AddressDraft>(draftOf(this.data.address));
  protected readonly subject = computed(() => {
    const machine = this.machine();
    return machine === null ? null : writeAddress(machine.hostname, machine.port, machine.username);
  });
  protected readonly parsed = computed(() => parseAddress(this.address().address));
  protected readonly ready = computed(
    () =>
      this.parsed() !== null && this.address().username.trim() !== '' && isComplete(this.credentials()) && !this.busy(),
  );
  /** The key to decide about: the newest that nobody has decided on. */
  protected readonly offered = computed(
    () => this.keys().find((key) => key.status === 'changed' || key.status === 'unknown') ?? null,
  );
  protected readonly before = computed(() => {
    const offered = this.offered();
    return offered?.status === 'changed' ? (this.keys().find((key) => key.status === 'approved') ?? null) : null;
  });
  protected readonly stages = computed(() => this.test()?.stages ?? null);
  protected readonly passed = computed(() => this.test()?.status === 'ok');

  constructor() {
    if (this.data.machineId !== null) {
      void this.resume(this.data.machineId);
    }
  }

  protected create(): Promise<void> {
    return this.act(async () => {
      const place = this.parsed();
      if (place === null) {
        return;
      }
      const { name, username, kind, tagIds } = this.address();
      const machine = await this.api.create({
        name: name.trim() || place.host,
        hostname: place.host,
        port: place.port,
        username: username.trim(),
        credentials: inputOf(this.credentials()),
        ...(kind === '' ? {} : { machineKind: kind }),
        ...(tagIds.length === 0 ? {} : { tagIds: [...tagIds] }),
      });
      this.credentials.set(EMPTY_DRAFT);
      this.enter(machine);
      void this.list.refresh();
      await this.scan(machine.id);
    });
  }

  protected readAgain(): Promise<void> {
    return this.act(() => this.scan(this.machine()?.id ?? ''));
  }

  protected trust(): Promise<void> {
    return this.act(async () => {
      const machine = this.machine();
      const key = this.offered();
      if (machine && key) {
        const approved = await this.api.approveHostKey(machine.id, key);
        this.sharedWith.set(approved.alsoOn ?? []);
        this.step.set('test');
        await this.runTest(machine.id);
      }
    });
  }

  protected reject(): Promise<void> {
    return this.act(async () => {
      const machine = this.machine();
      const key = this.offered();
      if (machine && key) {
        const rejected = await this.api.rejectHostKey(machine.id, key.id);
        this.keys.update((keys) => keys.map((one) => (one.id === rejected.id ? rejected : one)));
      }
    });
  }

  protected testAgain(): Promise<void> {
    return this.act(async () => {
      const machine = this.machine();
      if (machine) {
        if (this.editing()) {
          await this.api.putCredentials(machine.id, inputOf(this.credentials()));
          this.credentials.set(EMPTY_DRAFT);
          this.editing.set(false);
        }
        await this.runTest(machine.id);
      }
    });
  }

  /** The machine is read first, then its packages; the page follows the second, which is what people wait for. */
  protected analyse(): Promise<void> {
    return this.act(async () => {
      const machine = this.machine();
      if (machine) {
        this.activity.receive(await this.api.run(machine.id, 'machine_probe'));
        const job = await this.api.run(machine.id, 'apt_update_analyze');
        this.activity.receive(job);
        this.ref.close(`/runs/${job.id}`);
      }
    });
  }

  protected canTest(): boolean {
    return !this.busy() && (!this.editing() || isComplete(this.credentials()));
  }

  protected isDone(step: Step): boolean {
    return STEPS.indexOf(step) < STEPS.indexOf(this.step());
  }

  private async resume(id: string): Promise<void> {
    await this.act(async () => {
      const machine = await this.api.get(id);
      this.enter(machine);
      this.keys.set(machine.hostKeys);
      this.sharedWith.set(machine.duplicateHostKeyMachines);
      if (this.offered() === null && machine.hostKeys.some((key) => key.status === 'approved')) {
        this.step.set('test');
        await this.runTest(id);
      } else {
        await this.scan(id);
      }
    });
  }

  private enter(machine: MachineDetailDto): void {
    this.machine.set(machine);
    this.step.set('hostKey');
    void this.router.navigate(['/machines/new'], {
      queryParams: { machine: machine.id, address: null },
      queryParamsHandling: 'merge',
      replaceUrl: true,
    });
  }

  /** Connects without signing in, and tells where it came to. */
  private async scan(id: string): Promise<void> {
    this.keys.set(await this.api.scanHostKeys(id));
    this.test.set(await this.api.testConnection(id).catch(() => null));
    if (this.offered() === null && this.keys().some((key) => key.status === 'approved')) {
      this.step.set('test');
    }
  }

  private async runTest(id: string): Promise<void> {
    this.test.set(null);
    const test = await this.api.testConnection(id);
    this.test.set(test);
    if (test.status === 'ok') {
      this.step.set('analyse');
    } else if (test.status === 'waiting') {
      this.step.set('hostKey');
      this.keys.set((await this.api.get(id)).hostKeys);
    }
  }

  private async act(work: () => Promise<void>): Promise<void> {
    this.busy.set(true);
    this.problem.set(null);
    try {
      await work();
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}

function draftOf(text: string | null): AddressDraft {
  const place = text === null ? null : parseAddress(text);
  return {
    address: place === null ? (text ?? '') : writeAddress(place.host, place.port),
    username: place?.user ?? '',
    name: '',
    kind: '',
    tagIds: [],
  };
}
