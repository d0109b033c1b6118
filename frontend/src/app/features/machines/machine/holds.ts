import { Component, inject, input } from '@angular/core';
import type { AptHoldDto } from '../../../api/models';
import { Texts } from '../../../core/i18n/texts';
import { Dialogs } from '../../../ui/dialogs';
import { Icon } from '../../../ui/icon';
import { HoldDialog, type HoldQuestion } from '../../changes/hold-dialog';
import { HoldFacts } from '../../changes/hold-facts';

/** Every package that is on hold, whether an update waits for it or not; those whose day has passed first. */
@Component({
  selector: 'su-holds',
  imports: [HoldFacts, Icon],
  template: `
    @if (holds().length > 0) {
      <section class="card" aria-labelledby="holds">
        <header>
          <h2 id="holds">{{ texts.t('hold.title') }}</h2>
          <span class="t2 s">{{ texts.t('hold.count', { n: holds().length }) }}</span>
        </header>
        <ul>
          @for (hold of holds(); track hold.name) {
            <li [class.is-stale]="hold.expired">
              <su-icon [name]="hold.expired ? 'stale' : 'pin'" [class.fg-stale]="hold.expired" />
              <div>
                <b>{{ hold.name }}</b>
                <su-hold-facts [hold]="hold" />
              </div>
              @if (liftable()) {
                <button
                  type="button"
                  class="btn small"
                  [attr.aria-label]="texts.t('hold.liftOf', { name: hold.name })"
                  (click)="lift(hold)"
                >
                  {{ texts.t('hold.lift') }}
                </button>
              }
            </li>
          }
        </ul>
      </section>
    }
  `,
  styles: `
    .card {
      margin-top: 14px;
    }

    li {
      display: grid;
      grid-template-columns: 20px minmax(0, 1fr) auto;
      align-items: start;
      gap: 8px;
      padding: 7px 14px;
      border-bottom: 1px solid var(--line);
      font-size: var(--t-s);
      overflow-wrap: anywhere;
    }

    li:last-child {
      border-bottom: 0;
    }
  `,
})
export class Holds {
  protected readonly texts = inject(Texts);
  private readonly dialogs = inject(Dialogs);
  readonly machineId = input.required<string>();
  /** Whether something may be done about them here. */
  readonly liftable = input.required<boolean>();
  readonly holds = input.required<readonly AptHoldDto[]>();

  protected lift(hold: AptHoldDto): void {
    const question: HoldQuestion = { machineId: this.machineId(), name: hold.name, hold };
    this.dialogs.open<void, HoldQuestion, HoldDialog>(HoldDialog, question, 'hold-title');
  }
}
