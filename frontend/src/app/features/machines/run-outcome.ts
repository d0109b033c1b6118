import { Component, inject, input, output, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { RunManyResultDto } from '../../api/models';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import { Said } from '../../core/i18n/said';

export interface RunOutcomeView {
  readonly result: RunManyResultDto;
  /** Names of machines by id, as far as the page knows them. */
  readonly names: ReadonlyMap<string, string>;
}

/** What became of an action on several machines: how many wait now, and who was left out and why. */
@Component({
  selector: 'su-run-outcome',
  imports: [Icon, RouterLink],
  template: `
    <div class="notice" role="status">
      <su-icon name="info" />
      <div class="grow">
        <p>
          {{ texts.t('outcome.queued', { n: view().result.jobs.length }) }}
          @if (view().result.skipped.length; as n) {
            <button type="button" class="link" [attr.aria-expanded]="open()" (click)="open.set(!open())">
              {{ texts.t('outcome.leftOut', { n }) }}
            </button>
          }
        </p>
        @if (open()) {
          <ul>
            @for (one of view().result.skipped; track one.machineId) {
              <li>
                <a [routerLink]="['/machines', one.machineId]">{{
                  view().names.get(one.machineId) ?? one.machineId
                }}</a>: {{ said.of(one, 'message') }}
              </li>
            }
          </ul>
        }
      </div>
      <button
        type="button"
        class="btn quiet icon small"
        [attr.aria-label]="texts.t('act.close')"
        (click)="closed.emit()"
      >
        <su-icon name="cross" />
      </button>
    </div>
  `,
  styles: `
    ul {
      max-height: 160px;
      margin-top: 6px;
      overflow: auto;
    }

    li {
      padding: 2px 0;
    }
  `,
})
export class RunOutcome {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  readonly view = input.required<RunOutcomeView>();
  readonly closed = output();
  protected readonly open = signal(false);
}
