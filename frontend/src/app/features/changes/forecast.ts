import { Component, computed, inject, input } from '@angular/core';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import type { RequestDetailDto } from '../../api/models';
import { Session } from '../../core/session/session';
import { meterOf, type Meter } from './forecast-meter';
import { MakePlan } from './make-plan';
import type { ForecastVolume, PlanDetails } from './plan-details';

/** What the change will need and bring: download, space, services, reboot. What is not known is said to be so. */
@Component({
  selector: 'su-forecast',
  imports: [Icon, MakePlan],
  templateUrl: './forecast.html',
  styleUrl: './forecast.scss',
})
export class Forecast {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  private readonly session = inject(Session);
  readonly details = input.required<PlanDetails>();
  readonly request = input.required<RequestDetailDto>();
  /** What only archives tell can be found out from here: the plan still counts, and they are not there. */
  readonly open = input(false);
  protected readonly fetchable = computed(
    () => this.open() && this.details().downloaded === false && this.session.can('machines.run'),
  );
  protected readonly parameters = computed(() => this.request().plan?.parameters ?? {});
  protected readonly download = computed(() => {
    const { downloadBytes: bytes, downloaded } = this.details();
    if (downloaded === true) {
      return this.texts.t('forecast.downloaded');
    }
    return bytes === null
      ? this.texts.t('forecast.download.notKnown')
      : bytes === 0
        ? this.texts.t('forecast.downloaded')
        : this.formats.bytes(bytes);
  });
  protected readonly volumes = computed(() =>
    this.details().volumes.map((volume) => {
      const meter = meterOf(volume);
      return { volume, meter, need: this.need(volume), rest: this.rest(volume, meter) };
    }),
  );

  private need({ needBytes, freeBytes }: ForecastVolume): string {
    const free = this.formats.bytes(Math.max(0, freeBytes));
    return needBytes === null
      ? this.texts.t('forecast.free', { free })
      : this.texts.t('forecast.ofFree', { need: this.formats.bytes(needBytes), free });
  }

  private rest({ freeInodes }: ForecastVolume, { left, low }: Meter): string {
    const space =
      left === null
        ? this.texts.t('forecast.needUnknown')
        : left < 0
          ? this.texts.t('forecast.tooFull', { missing: this.formats.bytes(-left) })
          : this.texts.t(low ? 'forecast.low' : 'forecast.left', { left: this.formats.bytes(left) });
    return freeInodes === null
      ? space
      : `${space}. ${this.texts.t('forecast.inodes', { percent: this.formats.percent(freeInodes) })}`;
  }
}
