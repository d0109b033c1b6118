import { Component, computed, inject, input, model } from '@angular/core';
import type { PlanCheckDto, PlanConsequenceDto, RequestDetailDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Checks } from './checks';
import { Consequences } from './consequences';
import { RequestTargets } from './request-targets';
import { SharedPlan } from './shared-plan';

/** One request for several machines: what happens where, what must be ticked, and how far each of them is. */
@Component({
  selector: 'su-several-plans',
  imports: [Checks, Consequences, RequestTargets, SharedPlan],
  template: `
    @let several = request().several;
    @if (several) {
      <div class="columns">
        <div class="stack main">
          <su-shared-plan [several]="several" />
          <su-request-targets [requestId]="request().id" [targets]="several.targets" />
        </div>
        <div class="stack aside">
          @if (consequences().length > 0) {
            <su-consequences [consequences]="consequences()" [open]="open()" [(accepted)]="accepted" />
          }
          @if (checks().length > 0) {
            <su-checks [checks]="checks()" />
          }
          <p class="xs t2">
            {{
              texts.t('plan.askedBy', {
                name: request().requestedBy.name ?? texts.t('job.by.system'),
                at: formats.moment(request().createdAt),
              })
            }}
          </p>
        </div>
      </div>
    }
  `,
  styleUrl: './plan-columns.scss',
})
export class SeveralPlans {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  private readonly said = inject(Said);
  readonly request = input.required<RequestDetailDto>();
  readonly open = input.required<boolean>();
  readonly accepted = model.required<ReadonlySet<string>>();
  private readonly names = computed(
    () =>
      new Map((this.request().several?.targets ?? []).map(({ machineId, machineName }) => [machineId, machineName])),
  );
  /** A code is ticked once, whatever it says on each machine. */
  protected readonly consequences = computed<readonly PlanConsequenceDto[]>(() => {
    const all = this.request().several?.consequences ?? [];
    return [...new Set(all.map(({ code }) => code))].map((code) => ({
      code,
      sentence: all
        .filter((one) => one.code === code)
        .map((one) => this.where(this.said.of(one, 'sentence'), one.machineIds))
        .join(' '),
      said: {},
    }));
  });
  protected readonly checks = computed<readonly PlanCheckDto[]>(() =>
    (this.request().several?.checks ?? []).map((check) => ({
      ...check,
      code: `${check.code} ${check.machineIds[0] ?? ''}`,
      sentence: this.where(this.said.of(check, 'sentence'), check.machineIds),
      said: { action: check.said['action'] ?? [] },
    })),
  );

  private where(sentence: string, machineIds: readonly string[]): string {
    const names = machineIds.map((id) => this.names().get(id) ?? id);
    return `${this.formats.list(names)}${this.texts.t('text.colon')} ${sentence}`;
  }
}
