import { Component, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { WaitingOnDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';

/** Why a run has not begun, and where to look at what is in its way. */
@Component({
  selector: 'su-waiting-card',
  imports: [Icon, RouterLink],
  template: `
    <section class="card" aria-labelledby="waiting">
      <header>
        <h2 id="waiting">{{ texts.t('run.why') }}</h2>
      </header>
      <div class="why s">
        <p><su-icon class="small" name="queued" /> {{ said.of(why(), 'sentence') }}</p>
        @if (why().until; as until) {
          <p class="t2">{{ texts.t('run.why.until', { at: formats.short(until) }) }}</p>
        }
        @if (why().since; as since) {
          <p class="t2">
            {{
              texts.t('run.why.before', {
                what: said.of(why(), 'title'),
                name: machineName(),
                age: formats.age(since),
              })
            }}
          </p>
        }
        @if (why().reason === 'machine' && why().position > 1) {
          <p class="t2">{{ texts.t('run.why.position', { n: why().position, name: machineName() }) }}</p>
        }
        @if (why().jobId; as before) {
          <a class="link" [routerLink]="['/runs', before]">{{ texts.t('run.why.open') }}</a>
        }
      </div>
    </section>
  `,
  styles: `
    .why {
      display: grid;
      gap: 6px;
      padding: 10px 14px 14px;
    }
  `,
})
export class WaitingCard {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  readonly why = input.required<WaitingOnDto>();
  readonly machineName = input.required<string>();
}
