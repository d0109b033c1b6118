import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { Component, computed, inject, signal } from '@angular/core';
import type { NetworkDto } from '../../api/models';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { NetworksApi } from './networks-api';

const FIRST_CONCURRENCY = 5;

/** A network: its name, its ranges, and how many jobs at a time it takes. */
@Component({
  selector: 'su-network-form',
  imports: [ErrorNotice, Icon],
  templateUrl: './network-form.html',
  styles: `
    .few {
      width: 7rem;
    }
  `,
})
export class NetworkForm {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  private readonly api = inject(NetworksApi);
  protected readonly ref = inject<DialogRef<NetworkDto>>(DialogRef);
  /** Null: a new one. */
  protected readonly network = inject<NetworkDto | null>(DIALOG_DATA);
  protected readonly name = signal(this.network?.name ?? '');
  protected readonly ranges = signal((this.network?.ranges ?? []).join('\n'));
  protected readonly concurrency = signal(String(this.network?.concurrency ?? FIRST_CONCURRENCY));
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);
  private readonly lines = computed(() =>
    this.ranges()
      .split(/[\s,;]+/)
      .filter((line) => line !== ''),
  );
  protected readonly ready = computed(
    () =>
      !this.busy() && this.name().trim() !== '' && this.lines().length > 0 && /^[1-9]\d{0,3}$/.test(this.concurrency()),
  );

  protected async save(): Promise<void> {
    this.busy.set(true);
    this.problem.set(null);
    try {
      const network = {
        name: this.name().trim(),
        ranges: this.lines(),
        concurrency: Number(this.concurrency()),
      };
      this.ref.close(await this.api.save(this.network, network));
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}
