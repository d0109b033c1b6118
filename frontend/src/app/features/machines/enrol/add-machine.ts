import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { Component, computed, effect, ElementRef, inject, linkedSignal, signal, viewChild } from '@angular/core';
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
import { AddressForm, isSameAddress, type AddressDraft } from './address-form';
import { ConnectionStages } from './connection-stages';
import { CredentialsForm, EMPTY_DRAFT, hasSecrets, inputOf, isComplete } from './credentials-form';
import { HostKeyCard } from './host-key-card';
import { approvedKey, offeredKey } from './offered-key';
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
  /** What the form of the address began with. */
  private readonly given = signal<AddressDraft>(draftOf(this.data.address));
  protected readonly address = linkedSignal(this.given);
  protected readonly subject = computed(() => {
    const machine = this.machine();
    return machine === null ? null : writeAddress(machine.hostname, machine.port, machine.username);
  });
  protected readonly parsed = computed(() => parseAddress(this.address().address));
  protected readonly ready = computed(
    () =>
      this.parsed() !== null &&
      this.address().username.trim() !== '' &&
      (!this.asksCredentials() || isComplete(this.credentials())) &&
      !this.busy(),
  );
  /** Of a machine that is added already the credentials are kept, and only asked for when somebody replaces them. */
  protected readonly asksCredentials = computed(() => this.machine() === null || this.editing());
  protected readonly offered = computed(() => offeredKey(this.keys(), this.machine()?.status === 'quarantined'));
  protected readonly before = computed(() => (this.offered()?.status === 'changed' ? approvedKey(this.keys()) : null));
  /** Something was typed that nothing has kept yet. */
  private readonly typed = computed(
    () => (this.step() === 'address' && !isSameAddress(this.address(), this.given())) || hasSecrets(this.credentials()),
  );
  /** Somebody is about to leave what was typed, and is asked. */
  protected readonly leaving = signal(false);
  private readonly stay = viewChild<ElementRef<HTMLButtonElement>>('stay');
  protected readonly stages = computed(() => this.test()?.stages ?? null);
  protected readonly passed = computed(() => this.test()?.status === 'ok');

  constructor() {
    effect(() => {
      this.stay()?.nativeElement.focus();
    });
    if (this.data.machineId !== null) {
      void this.resume(this.data.machineId);
    }
  }

  /** Asked before the dialog closes: a click beside it must not lose a key that was pasted. */
  mayClose(): boolean {
    this.leaving.set(this.typed());
    return !this.leaving();
  }

  /** Closes, whatever was typed. */
  leave(): void {
    this.given.set(this.address());
    this.credentials.set(EMPTY_DRAFT);
    this.ref.close();
  }

  /** Adds the machine, or corrects one that was added, and sees how far it comes. */
  protected keep(): Promise<void> {
    return this.act(async () => {
      const place = this.parsed();
      if (place === null) {
        return;
      }
      const { name, username, kind, tagIds } = this.address();
      const about = {
        name: name.trim() || place.host,
        hostname: place.host,
        port: place.port,
        username: username.trim(),
        ...(kind === '' ? {} : { machineKind: kind }),
        tagIds: [...tagIds],
      };
      const added = this.machine();
      const machine =
        added === null
          ? await this.api.create({ ...about, credentials: inputOf(this.credentials()) })
          : await this.api.change(added.id, about);
      if (added !== null) {
        await this.keepCredentials(machine.id);
      }
      this.credentials.set(EMPTY_DRAFT);
      this.enter(machine);
      void this.list.refresh();
      await this.runTest(machine.id);
    });
  }

  /** Back to the first step: what was typed there was not where the machine is. */
  protected correct(): void {
    const machine = this.machine();
    if (machine !== null) {
      this.given.set(draftOfMachine(machine));
      this.problem.set(null);
      this.step.set('address');
    }
  }

  protected cancel(): void {
    if (this.machine() === null) {
      this.ref.close();
    } else {
      this.given.set(this.address());
      this.credentials.set(EMPTY_DRAFT);
      this.editing.set(false);
      this.problem.set(null);
      this.step.set(this.stepOfKeys());
    }
  }

  protected readAgain(): Promise<void> {
    return this.act(() => this.runTest(this.machine()?.id ?? ''));
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
        await this.api.rejectHostKey(machine.id, key.id);
        this.keys.set((await this.api.get(machine.id)).hostKeys);
      }
    });
  }

  protected testAgain(): Promise<void> {
    return this.act(async () => {
      const machine = this.machine();
      if (machine) {
        await this.keepCredentials(machine.id);
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
      this.step.set(this.stepOfKeys());
      await this.runTest(id);
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

  private async keepCredentials(id: string): Promise<void> {
    if (this.editing()) {
      await this.api.putCredentials(id, inputOf(this.credentials()));
      this.credentials.set(EMPTY_DRAFT);
      this.editing.set(false);
    }
  }

  /** Goes as far as the machine lets it, and shows where that is: before a key is approved, nothing signs in. */
  private async runTest(id: string): Promise<void> {
    this.test.set(null);
    const test = await this.api.testConnection(id);
    this.test.set(test);
    if (test.status === 'ok') {
      this.step.set('analyse');
      return;
    }
    const machine = await this.api.get(id);
    this.machine.set(machine);
    this.keys.set(machine.hostKeys);
    this.sharedWith.set(machine.duplicateHostKeyMachines);
    this.step.set(this.stepOfKeys());
  }

  /** Where a machine stands that cannot be analysed yet. */
  private stepOfKeys(): Step {
    return this.offered() === null && approvedKey(this.keys()) !== null ? 'test' : 'hostKey';
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

function draftOfMachine({ hostname, port, username, name, machineKind, tags }: MachineDetailDto): AddressDraft {
  return {
    address: writeAddress(hostname, port),
    username,
    name,
    kind: machineKind === 'unknown' ? '' : machineKind,
    tagIds: tags.map((tag) => tag.id),
  };
}
