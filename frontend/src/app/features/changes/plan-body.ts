import { Component, computed, inject, input, model } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { PlanDto, RequestDetailDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';
import { Clock } from '../../core/time/clock';
import { Icon } from '../../ui/icon';
import { Checks } from './checks';
import { Consequences } from './consequences';
import { Forecast } from './forecast';
import { LeftBack } from './left-back';
import { ModeSwitch } from './mode-switch';
import { PackageNews } from './package-news';
import { readPlanDetails, type PlanDetails } from './plan-details';
import { PlanDifference } from './plan-difference';
import { readLines } from './plan-lines';
import { readPlanNotes } from './plan-notes';
import { PlanNotesView } from './plan-notes-view';
import { readRebootPlan } from './reboot-documents';
import { RebootPlan } from './reboot-plan';
import { standingOf } from './request-standing';
import { readServicePlan } from './service-documents';
import { ServiceRows } from './service-rows';
import { Transaction } from './transaction';

/** All of one machine's plan: what happens, why, what it needs and brings, what was looked at, and what is new in it. */
@Component({
  selector: 'su-plan-body',
  imports: [
    Checks,
    Consequences,
    Forecast,
    Icon,
    LeftBack,
    ModeSwitch,
    PackageNews,
    PlanDifference,
    PlanNotesView,
    RebootPlan,
    RouterLink,
    ServiceRows,
    Transaction,
  ],
  templateUrl: './plan-body.html',
  styleUrl: './plan-columns.scss',
})
export class PlanBody {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  private readonly clock = inject(Clock);
  readonly request = input.required<RequestDetailDto>();
  readonly plan = input.required<PlanDto>();
  /** Boxes can be ticked. */
  readonly open = input.required<boolean>();
  /** The request is for this machine alone: another plan of it may be made from here. */
  readonly alone = input.required<boolean>();
  readonly accepted = model.required<ReadonlySet<string>>();
  protected readonly none: PlanDetails['facts'] = new Map();
  protected readonly waiting = computed(() => standingOf(this.request(), this.clock.seconds()) === 'waiting');
  protected readonly lines = computed(() => readLines(this.plan().lines));
  protected readonly details = computed(() => readPlanDetails(this.plan().details));
  protected readonly notes = computed(() => readPlanNotes(this.plan().details));
  protected readonly reboot = computed(() => readRebootPlan(this.plan().details));
  protected readonly services = computed(() => readServicePlan(this.plan().details));
}
