import { Component, computed, inject, output } from '@angular/core';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { MachineList } from './machine-list';
import { Selection } from './selection';

/** What an action on the picked machines would reach, beside its button. */
@Component({
  selector: 'su-bulk-bar',
  template: `
    <div class="bulk" role="region" [attr.aria-label]="texts.t('bulk.title')">
      <b>{{ texts.t('bulk.selected', { n: selection.size() }) }}</b>
      <span class="t2 grow" role="status">
        {{ texts.t('bulk.can', { n: selection.size() - leftOut().length }) }}
        @if (leftOut().length > 0) {
          <b class="fg-failed">{{ texts.t('bulk.leftOut', { n: leftOut().length }) }}</b>
          {{ texts.t('bulk.quarantined', { names: formats.list(leftOut()), n: leftOut().length }) }}
        }
      </span>
      <button
        type="button"
        class="btn"
        [disabled]="selection.size() === leftOut().length"
        (click)="plan.emit('security')"
      >
        {{ texts.t('bulk.planSecurity') }}
      </button>
      <button type="button" class="btn" [disabled]="selection.size() === leftOut().length" (click)="plan.emit('all')">
        {{ texts.t('bulk.plan') }}
      </button>
      <button
        type="button"
        class="btn primary"
        [disabled]="selection.size() === leftOut().length"
        (click)="analyse.emit()"
      >
        {{ texts.t('bulk.analyse') }}
      </button>
      <button type="button" class="btn quiet" (click)="selection.clear()">
        {{ texts.t('bulk.clear') }} <kbd>Esc</kbd>
      </button>
    </div>
  `,
  styles: `
    :host {
      position: sticky;
      bottom: -32px;
      z-index: 3;
      display: block;
      padding: 12px 0 14px;
      background: linear-gradient(transparent, var(--bg) 14px);
    }

    .bulk {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 8px 12px;
      padding: 10px 14px;
      border: 1px solid var(--edge);
      border-radius: var(--r-l);
      background: var(--raised);
      box-shadow: var(--shadow-2);
      font-size: var(--t-s);
    }
  `,
})
export class BulkBar {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly selection = inject(Selection);
  private readonly list = inject(MachineList);
  readonly analyse = output();
  /** One request for all of them; nothing is changed by it. */
  readonly plan = output<'security' | 'all'>();
  /** Nothing runs on a quarantined machine. */
  protected readonly leftOut = computed(() =>
    this.selection.ids().flatMap((id) => {
      const machine = this.list.tile(id)();
      return machine.need === 'quarantined' ? [machine.name] : [];
    }),
  );
}
