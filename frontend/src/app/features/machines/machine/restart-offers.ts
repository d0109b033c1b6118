import { Component, computed, inject, input } from '@angular/core';
import type { AptStateDto, MachineDetailDto } from '../../../api/models';
import { Said } from '../../../core/i18n/said';
import { Texts } from '../../../core/i18n/texts';
import { Icon } from '../../../ui/icon';
import { MakePlan } from '../../changes/make-plan';

/** What can be asked for by hand, though nothing demands it. */
export type AskedRestart = 'reboot' | 'services';

/** A reboot or a restart of services, offered where it is needed or was asked for; each begins with a plan. */
@Component({
  selector: 'su-restart-offers',
  imports: [Icon, MakePlan],
  template: `
    @if (reboot()) {
      <div class="notice is-reboot">
        <su-icon name="reboot" class="fg-reboot" />
        <div class="grow">
          <b>{{ texts.t(needed() ? 'reboot.needed' : 'reboot.asked') }}</b>
          @if (needed() && machine().apt.rebootReason) {
            <p class="t2 reason" [attr.lang]="said.lang(machine().apt, 'rebootReason')">
              {{ said.of(machine().apt, 'rebootReason') }}
            </p>
          }
          <p class="t2">{{ texts.t('reboot.planOnly') }}</p>
        </div>
        <su-make-plan
          [machineId]="machine().id"
          action="reboot"
          [parameters]="none"
          [primary]="next()"
          [label]="texts.t('reboot.make')"
        />
      </div>
    }
    @if (services()) {
      <div class="notice">
        <su-icon name="activity" />
        <div class="grow">
          <b>{{ texts.t('services.offer', { n: named().length }) }}</b>
          @if (named().length > 0) {
            <p class="t2">{{ named().join(', ') }}</p>
          }
          <p class="t2">{{ texts.t('reboot.planOnly') }}</p>
        </div>
        <su-make-plan
          [machineId]="machine().id"
          action="service_restart"
          [parameters]="none"
          [primary]="next() && !reboot()"
          [label]="texts.t('services.make')"
        />
      </div>
    }
  `,
  styles: `
    .notice {
      flex-wrap: wrap;
      margin-bottom: 12px;
    }

    .grow {
      flex: 1 1 260px;
      min-width: 0;
    }

    p {
      overflow-wrap: anywhere;
    }

    .reason {
      white-space: pre-line;
    }
  `,
})
export class RestartOffers {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  readonly machine = input.required<MachineDetailDto>();
  readonly apt = input<AptStateDto>();
  readonly asked = input<AskedRestart | null>(null);
  protected readonly none = {};
  protected readonly needed = computed(() => this.machine().apt.rebootRequired === true);
  protected readonly reboot = computed(() => this.needed() || this.asked() === 'reboot');
  /** While updates wait, they are done first: one restart after them is enough. */
  protected readonly next = computed(() => this.apt()?.packages?.length === 0);
  /** What needrestart named at the last analysis. */
  protected readonly named = computed(() => this.apt()?.reboot.services ?? []);
  protected readonly services = computed(() => this.named().length > 0 || this.asked() === 'services');
}
