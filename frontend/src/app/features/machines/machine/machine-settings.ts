import { Component, computed, inject, input, linkedSignal, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import type { ChangeMachineDto, MachineDetailDto, TagDto } from '../../../api/models';
import { problemOf, type Problem } from '../../../core/errors/problem';
import { Texts } from '../../../core/i18n/texts';
import { Session } from '../../../core/session/session';
import { ErrorNotice } from '../../../ui/error-notice';
import { MachinesApi } from '../machines-api';
import { MachineStore } from './machine-store';
import { Said } from '../../../core/i18n/said';
import { RouterLink } from '@angular/router';

const KINDS = ['vm', 'physical', 'proxmox_host', 'lxc', 'raspberry_pi', 'workstation', 'unknown'] as const;
const PROXY_MODES = ['system', 'none', 'custom'] as const;

/** Name, address, kind, tags and apt's proxy of a machine. */
@Component({
  selector: 'su-machine-settings',
  imports: [ErrorNotice, FormsModule, RouterLink],
  templateUrl: './machine-settings.html',
})
export class MachineSettings {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly session = inject(Session);
  private readonly api = inject(MachinesApi);
  private readonly store = inject(MachineStore);
  readonly machine = input.required<MachineDetailDto>();
  // The form starts anew for another machine only: a live change must not take away what somebody types.
  private readonly start = computed(() => this.machine(), { equal: (a, b) => a.id === b.id });
  protected readonly name = linkedSignal(() => this.start().name);
  protected readonly hostname = linkedSignal(() => this.start().hostname);
  protected readonly port = linkedSignal(() => this.start().port);
  protected readonly username = linkedSignal(() => this.start().username);
  protected readonly kind = linkedSignal(() => this.start().machineKind);
  protected readonly tagIds = linkedSignal<readonly string[]>(() => this.start().tags.map((tag) => tag.id));
  protected readonly proxyMode = linkedSignal(() => this.start().aptProxy.mode);
  protected readonly proxyUrl = linkedSignal(() => this.start().aptProxy.url ?? '');
  protected readonly proxyPassword = signal('');
  protected readonly tags = signal<readonly TagDto[]>([]);
  protected readonly newTag = signal('');
  protected readonly problem = signal<Problem | null>(null);
  protected readonly saved = signal(false);
  protected readonly busy = signal(false);
  protected readonly kinds = KINDS;
  protected readonly proxyModes = PROXY_MODES;

  constructor() {
    void this.api
      .tags()
      .then((tags) => {
        this.tags.set(tags);
      })
      .catch(() => undefined);
  }

  protected toggleTag(id: string): void {
    this.tagIds.update((ids) => (ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id]));
  }

  protected addTag(): Promise<void> {
    return this.act(async () => {
      const tag = await this.api.createTag(this.newTag().trim());
      this.tags.update((tags) => [...tags, tag]);
      this.tagIds.update((ids) => [...ids, tag.id]);
      this.newTag.set('');
    });
  }

  protected save(): Promise<void> {
    return this.act(async () => {
      const change: ChangeMachineDto = {
        name: this.name().trim(),
        hostname: this.hostname().trim(),
        port: Number(this.port()),
        username: this.username().trim(),
        machineKind: this.kind(),
        tagIds: [...this.tagIds()],
        ...this.proxyChange(),
      };
      this.store.machine.set(await this.api.change(this.machine().id, change));
      this.proxyPassword.set('');
      this.saved.set(true);
    });
  }

  /** Only when something about it changed: an absent password keeps the stored one. */
  private proxyChange(): Pick<ChangeMachineDto, 'aptProxy'> {
    const now = this.machine().aptProxy;
    const mode = this.proxyMode();
    if (mode === now.mode && this.proxyUrl() === (now.url ?? '') && this.proxyPassword() === '') {
      return {};
    }
    return {
      aptProxy: {
        mode,
        ...(mode === 'custom' ? { url: this.proxyUrl().trim() } : {}),
        ...(mode === 'custom' && this.proxyPassword() !== '' ? { password: this.proxyPassword() } : {}),
      },
    };
  }

  private async act(work: () => Promise<void>): Promise<void> {
    this.busy.set(true);
    this.saved.set(false);
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
