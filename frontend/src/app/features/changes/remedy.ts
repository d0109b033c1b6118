import { Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { ErrorKinds } from '../../core/errors/error-kinds';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';
import { LookAgain } from './look-again';
import { MakePlan } from './make-plan';

/** A change that did not come to a good end, by its request. */
export interface EndedChange {
  readonly requestId: string;
  readonly action: string;
}

/**
 * Offers the action that is the remedy for errors, once for each: of a change a plan; nothing where there is none. Of a change that met
 * them a new plan, too, where that is not the remedy.
 */
@Component({
  selector: 'su-remedy',
  imports: [LookAgain, MakePlan, RouterLink],
  template: `
    @for (one of offers(); track one.action) {
      <div class="line wrap gap">
        @if (one.actionKind === 'read') {
          <su-look-again [machineId]="machineId()" [action]="one.action" />
        } @else if (needsChoice(one.action)) {
          <a [routerLink]="['/machines', machineId(), 'updates']">{{
            texts.known('remedy.' + one.action, one.action)
          }}</a>
        } @else {
          <su-make-plan
            [machineId]="machineId()"
            [action]="one.action"
            [parameters]="none"
            [primary]="false"
            [label]="texts.known('remedy.' + one.action, texts.t('plan.remedy'))"
          />
        }
      </div>
    }
    @if (same(); as change) {
      <div class="line wrap gap">
        <su-make-plan
          [machineId]="machineId()"
          [action]="change.action"
          [again]="change.requestId"
          [primary]="false"
          [label]="texts.t('plan.again')"
        />
      </div>
    }
  `,
  styles: `
    .gap {
      margin-bottom: 10px;
    }
  `,
})
export class Remedy {
  protected readonly texts = inject(Texts);
  private readonly errorKinds = inject(ErrorKinds);
  private readonly session = inject(Session);
  readonly machineId = input.required<string>();
  /** Classes of the errors. */
  readonly kinds = input.required<readonly string[]>();
  readonly of = input<EndedChange | null>(null);
  protected readonly none = {};
  protected readonly offers = computed(() => {
    const offers = this.kinds().flatMap((kind) => {
      const { action = null, actionKind } = this.errorKinds.of(kind) ?? {};
      return action === null ? [] : [{ action, actionKind }];
    });
    const chosen = new Map(offers.map((one) => [one.action, one]));
    return this.session.can('machines.run') ? [...chosen.values()] : [];
  });

  protected readonly same = computed(() => {
    const change = this.of();
    const isRemedy = this.offers().some(({ action }) => action === change?.action);
    return isRemedy || !this.session.can('machines.run') ? null : change;
  });

  /** What has to be chosen first is chosen on the machine's page. */
  protected needsChoice(action: string): boolean {
    return action === 'apt_unhold';
  }
}
