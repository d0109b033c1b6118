import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { Component, computed, inject, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { NavigationEnd, Router } from '@angular/router';
import type { AptHoldDto } from '../../api/models';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import { HoldFacts } from './hold-facts';
import { MakePlan } from './make-plan';

export interface HoldQuestion {
  readonly machineId: string;
  /** As apt names the package. */
  readonly name: string;
  /** The hold that is to be lifted; null to set one. */
  readonly hold: AptHoldDto | null;
}

/** Plans a hold, with its reason and a day to look at it again, or the end of one. Closes when its plan is shown. */
@Component({
  selector: 'su-hold-dialog',
  imports: [HoldFacts, Icon, MakePlan],
  template: `
    <div class="dialog">
      <header>
        <h1 id="hold-title">{{ texts.t(lifts ? 'hold.titleLift' : 'hold.titleSet', { name: question.name }) }}</h1>
        <span class="grow"></span>
        <button type="button" class="btn quiet icon" [attr.aria-label]="texts.t('act.close')" (click)="ref.close()">
          <su-icon name="cross" />
        </button>
      </header>
      <div class="body form">
        <p class="s t2">{{ texts.t(lifts ? 'hold.textLift' : 'hold.textSet') }}</p>
        @if (question.hold; as hold) {
          <su-hold-facts [hold]="hold" />
        } @else {
          <div>
            <label class="label" for="hold-note">{{ texts.t('hold.note') }}</label>
            <div class="field">
              <input id="hold-note" maxlength="500" [value]="note()" (input)="note.set(text.value)" #text />
            </div>
          </div>
          <div>
            <label class="label" for="hold-day">{{ texts.t('hold.day') }}</label>
            <div class="field">
              <input
                id="hold-day"
                type="date"
                [min]="tomorrow"
                [value]="day()"
                (input)="day.set(date.value)"
                aria-describedby="hold-day-note"
                #date
              />
            </div>
            <p id="hold-day-note" class="xs t2">{{ texts.t('hold.day.note') }}</p>
          </div>
        }
      </div>
      <footer class="line wrap">
        <button type="button" class="btn" (click)="ref.close()">{{ texts.t('act.cancel') }}</button>
        <su-make-plan
          [machineId]="question.machineId"
          [action]="lifts ? 'apt_unhold' : 'apt_hold'"
          [parameters]="parameters()"
          [label]="texts.t(lifts ? 'hold.planLift' : 'hold.planSet')"
        />
      </footer>
    </div>
  `,
})
export class HoldDialog {
  protected readonly texts = inject(Texts);
  protected readonly ref = inject<DialogRef>(DialogRef);
  protected readonly question = inject<HoldQuestion>(DIALOG_DATA);
  protected readonly lifts = this.question.hold !== null;
  protected readonly note = signal('');
  /** `YYYY-MM-DD`; empty for none. */
  protected readonly day = signal('');
  protected readonly tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  protected readonly parameters = computed(() => {
    const note = this.note().trim();
    return {
      packages: [this.question.hold?.name ?? this.question.name],
      ...(note === '' ? {} : { note }),
      ...(this.day() === '' ? {} : { expires_at: this.day() }),
    };
  });

  constructor() {
    inject(Router)
      .events.pipe(takeUntilDestroyed())
      .subscribe((event) => {
        if (event instanceof NavigationEnd) {
          this.ref.close();
        }
      });
  }
}
