import { Component, computed, inject, input } from '@angular/core';
import { ErrorKinds } from '../../core/errors/error-kinds';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';
import { MakePlan } from './make-plan';

/** Offers a plan of the change that is the remedy for errors, once for each change; nothing where there is none. */
@Component({
  selector: 'su-remedy',
  imports: [MakePlan],
  template: `
    @for (action of actions(); track action) {
      <div class="line wrap gap">
        <su-make-plan
          [machineId]="machineId()"
          [action]="action"
          [parameters]="none"
          [primary]="false"
          [label]="texts.known('remedy.' + action, texts.t('plan.remedy'))"
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
  protected readonly none = {};
  protected readonly actions = computed(() =>
    this.session.can('machines.run')
      ? [...new Set(this.kinds().flatMap((kind) => this.errorKinds.of(kind)?.action ?? []))]
      : [],
  );
}
