import { Component, computed, inject, signal } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import type { ConnectionTestDto, HostKeyDto } from '../../../api/models';
import { problemOf, type Problem } from '../../../core/errors/problem';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { Session } from '../../../core/session/session';
import { ErrorNotice } from '../../../ui/error-notice';
import { Icon } from '../../../ui/icon';
import { ConnectionStages } from '../enrol/connection-stages';
import { CredentialsForm, EMPTY_DRAFT, inputOf, isComplete } from '../enrol/credentials-form';
import { HostKeyCard } from '../enrol/host-key-card';
import { approvedKey, offeredKey } from '../enrol/offered-key';
import { MachinesApi } from '../machines-api';
import { ArchiveCard } from './archive-card';
import { MachineSettings } from './machine-settings';
import { MachineStore } from './machine-store';
import { TypedName } from './typed-name';

/** How this machine is reached and trusted. */
@Component({
  selector: 'su-access-tab',
  imports: [
    ArchiveCard,
    ConnectionStages,
    CredentialsForm,
    ErrorNotice,
    HostKeyCard,
    Icon,
    MachineSettings,
    RouterLink,
    TypedName,
  ],
  templateUrl: './access-tab.html',
  styleUrl: './access-tab.scss',
})
export class AccessTab {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  private readonly store = inject(MachineStore);
  private readonly api = inject(MachinesApi);
  private readonly router = inject(Router);
  protected readonly machine = this.store.machine.value;
  protected readonly problem = signal<Problem | null>(null);
  protected readonly busy = signal(false);
  protected readonly test = signal<ConnectionTestDto | null>(null);
  protected readonly testing = signal(false);
  protected readonly editing = signal(false);
  protected readonly draft = signal(EMPTY_DRAFT);
  protected readonly complete = computed(() => isComplete(this.draft()));
  protected readonly compared = signal<boolean | null>(null);
  protected readonly keys = computed(() => this.machine()?.hostKeys ?? []);
  protected readonly quarantined = computed(() => this.machine()?.status === 'quarantined');
  /** A key that nobody has to decide about, and somebody wants to. */
  protected readonly chosen = signal<string | null>(null);
  protected readonly offered = computed(
    () =>
      this.keys().find((key) => key.id === this.chosen()) ??
      (this.inUse() ? offeredKey(this.keys(), this.quarantined()) : null),
  );
  protected readonly inUse = this.store.inUse;
  protected readonly writable = computed(() => this.inUse() && this.session.can('machines.write'));
  protected readonly decides = computed(() => this.inUse() && this.session.can('hostkeys.decide'));
  protected readonly approved = computed(() => approvedKey(this.keys()));
  protected readonly before = computed(() => (this.quarantined() ? this.approved() : null));

  protected state(key: HostKeyDto): string {
    return { approved: 'clean', changed: 'quarantined', rejected: 'failed', unknown: 'unknown' }[key.status];
  }

  /** Shown beside an approved key: nobody has to decide about it. */
  protected isBeside(key: HostKeyDto): boolean {
    return this.approved() !== null && !this.quarantined() && (key.status === 'unknown' || key.status === 'changed');
  }

  protected choose(key: HostKeyDto | null): void {
    this.chosen.set(key?.id ?? null);
    this.compared.set(null);
  }

  protected readKeys(): Promise<void> {
    return this.act(async (id) => {
      const hostKeys = await this.api.scanHostKeys(id);
      this.store.machine.update((machine) => ({ ...machine, hostKeys }));
    });
  }

  protected trust(): Promise<void> {
    return this.act(async (id) => {
      const key = this.offered();
      if (key) {
        await this.approve(id, key);
      }
    });
  }

  /** What was shown in between is rejected by this, and the next connection expects the key of before. */
  protected trustOld(): Promise<void> {
    return this.act(async (id) => {
      const key = this.approved();
      if (key) {
        await this.approve(id, key);
      }
    });
  }

  protected reject(): Promise<void> {
    return this.act(async (id) => {
      const key = this.offered();
      if (key) {
        await this.api.rejectHostKey(id, key.id);
        this.chosen.set(null);
        this.store.refresh();
      }
    });
  }

  protected replaceCredentials(): Promise<void> {
    return this.act(async (id) => {
      const credentials = await this.api.putCredentials(id, inputOf(this.draft()));
      this.store.machine.update((machine) => ({ ...machine, credentials }));
      this.draft.set(EMPTY_DRAFT);
      this.editing.set(false);
      await this.runTest(id);
    });
  }

  protected testConnection(): Promise<void> {
    return this.act((id) => this.runTest(id));
  }

  protected archive(): Promise<void> {
    return this.act(async (id) => {
      await this.api.archive(id);
      await this.router.navigateByUrl('/machines');
    });
  }

  /** @param name as the person typed it */
  protected purge(name: string): Promise<void> {
    return this.act(async (id) => {
      await this.api.purge(id, name);
      await this.router.navigateByUrl('/machines');
    });
  }

  private async approve(id: string, key: HostKeyDto): Promise<void> {
    await this.api.approveHostKey(id, key);
    this.chosen.set(null);
    this.store.refresh();
  }

  private async runTest(id: string): Promise<void> {
    this.testing.set(true);
    this.test.set(null);
    try {
      this.test.set(await this.api.testConnection(id));
      this.store.refresh();
    } finally {
      this.testing.set(false);
    }
  }

  private async act(work: (id: string) => Promise<void>): Promise<void> {
    const id = this.store.id();
    if (id === null) {
      return;
    }
    this.busy.set(true);
    this.problem.set(null);
    try {
      await work(id);
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}
