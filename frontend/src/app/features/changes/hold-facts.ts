import { Component, inject, input } from '@angular/core';
import type { AptHoldDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';

/** Why a package is on hold, by whom, and until when; a day that has passed is told, nothing more happens by itself. */
@Component({
  selector: 'su-hold-facts',
  imports: [Icon],
  template: `
    @if (hold().note; as note) {
      <span>{{ note }}</span>
    }
    <small class="t2">
      @if (hold().ours && hold().setAt) {
        {{ texts.t('hold.by', { name: hold().setBy ?? texts.t('job.by.system'), at: formats.day(hold().setAt!) }) }}
      } @else {
        {{ texts.t('hold.found') }}
      }
      @if (hold().expiresAt && !hold().expired) {
        {{ texts.t('hold.until', { day: formats.day(hold().expiresAt!) }) }}
      }
    </small>
    @if (hold().expired) {
      <small class="fg-stale b"
        ><su-icon class="small" name="stale" />
        {{ texts.t('hold.expired', { day: formats.day(hold().expiresAt!) }) }}</small
      >
    }
  `,
  styles: `
    :host {
      display: block;
    }

    small {
      display: block;
      font-size: var(--t-xs);
    }
  `,
})
export class HoldFacts {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  readonly hold = input.required<AptHoldDto>();
}
