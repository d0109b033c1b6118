import { Component, computed, effect, inject, input, output, untracked } from '@angular/core';
import type { MachineDetailDto } from '../../../api/models';
import { Loadable } from '../../../core/errors/loadable';
import { Texts } from '../../../core/i18n/texts';
import { MachinesApi, type WaitingWork } from '../machines-api';
import { TypedName } from './typed-name';

/** Takes a machine out of use, once its name is typed; says what waits there and ends with it. */
@Component({
  selector: 'su-archive-card',
  imports: [TypedName],
  template: `
    <section class="card" aria-labelledby="archive">
      <header>
        <h2 id="archive">{{ texts.t('access.archive') }}</h2>
      </header>
      <div class="in stack">
        <p class="s t2">{{ texts.t('access.archive.text') }}</p>
        @if (waits(); as waits) {
          <p class="s" data-waits>{{ waits }}</p>
        }
        <su-typed-name
          fieldId="archiveName"
          [label]="texts.t('access.archive.type', { name: machine().name })"
          [name]="machine().name"
          [act]="texts.t('access.archive.do')"
          [busy]="busy()"
          (confirmed)="archived.emit()"
        />
      </div>
    </section>
  `,
})
export class ArchiveCard {
  protected readonly texts = inject(Texts);
  private readonly api = inject(MachinesApi);
  readonly machine = input.required<MachineDetailDto>();
  readonly busy = input.required<boolean>();
  /** It is wanted: the name was typed. */
  readonly archived = output();
  private readonly id = computed(() => this.machine().id);
  private readonly revision = computed(() => this.machine().revision);
  private readonly waiting = new Loadable<WaitingWork>();
  /** Null where nothing waits, or it is not known: what ends then is said by its own page. */
  protected readonly waits = computed(() => {
    const { runs, plans, more } = this.waiting.value() ?? { runs: 0, plans: 0, more: false };
    if (more) {
      return this.texts.t('access.archive.waitsMany');
    }
    return runs + plans === 0 ? null : this.texts.t('access.archive.waits', { runs, plans });
  });

  constructor() {
    effect(() => {
      const id = this.id();
      this.revision();
      untracked(() => void this.waiting.load(() => this.api.waitingWork(id)));
    });
  }
}
