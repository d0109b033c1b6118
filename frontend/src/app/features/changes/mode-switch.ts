import { Component, computed, inject, input, linkedSignal } from '@angular/core';
import type { RequestDetailDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';
import { MakePlan } from './make-plan';
import type { ModeEffect, PlanDetails } from './plan-details';
import { updateParameters } from './update-parameters';

/** What the other modes would do, and the way to a plan of one of them. The plan on the page stays what it is. */
@Component({
  selector: 'su-mode-switch',
  imports: [MakePlan],
  templateUrl: './mode-switch.html',
})
export class ModeSwitch {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  readonly request = input.required<RequestDetailDto>();
  readonly details = input.required<PlanDetails>();
  /** Null for a plan of security updates alone: none of the modes is what it does. */
  protected readonly current = computed(() => (this.details().scope === 'all' ? this.details().mode : null));
  protected readonly chosen = linkedSignal<ModeEffect['mode'] | null>(() => this.current());
  protected readonly parameters = computed(() => updateParameters(this.chosen() ?? this.details().mode, new Set()));
}
