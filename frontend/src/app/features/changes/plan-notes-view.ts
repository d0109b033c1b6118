import { Component, inject, input } from '@angular/core';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import type { PlanNotes } from './plan-notes';

/** What a plan tells besides its lines: what stays and why, the marks of the machine, what is wrong with it now. */
@Component({
  selector: 'su-plan-notes',
  imports: [Icon],
  template: `
    @if (notes().complaints; as lines) {
      @if (lines.length > 0) {
        <section class="card" aria-labelledby="complaints">
          <header>
            <h2 id="complaints">{{ texts.t('plan.complaints') }}</h2>
          </header>
          <div class="in">
            <pre tabindex="0" [attr.aria-label]="texts.t('plan.complaints')">{{
              lines.join(
                '
'
              )
            }}</pre>
          </div>
        </section>
      }
    }
    @if (notes().freedBytes; as freed) {
      <p class="s t2"><su-icon name="info" /> {{ texts.t('plan.frees', { size: formats.bytes(freed) }) }}</p>
    }
    @if (notes().kept; as kept) {
      @if (kept.length > 0) {
        <section class="card list" aria-labelledby="kept">
          <header>
            <h2 id="kept">{{ texts.t('plan.kept') }}</h2>
          </header>
          <ul>
            @for (pack of kept; track pack.name) {
              <li class="pack">
                <span class="name"
                  ><su-icon class="op" name="pin" /><span>{{ pack.name }}</span></span
                >
                <span class="version mono">{{ pack.version }}</span>
                <span class="why t2 xs">{{ texts.known('kept.' + pack.reason, pack.reason) }}</span>
              </li>
            }
          </ul>
        </section>
      }
    }
    @if (notes().marks; as marks) {
      <section class="card" aria-labelledby="marks">
        <header>
          <h2 id="marks">{{ texts.t('plan.marks') }}</h2>
        </header>
        <div class="in s">
          <p>{{ marks.length === 0 ? texts.t('plan.marks.none') : formats.list(marks) }}</p>
          @if (notes().note; as note) {
            <p>{{ texts.t('hold.note') }}: {{ note }}</p>
          }
          @if (notes().expiresAt; as day) {
            <p class="t2">{{ texts.t('hold.until', { day: formats.day(day) }) }}</p>
          }
        </div>
      </section>
    }
  `,
  styleUrl: './package-rows.scss',
  styles: `
    :host {
      display: contents;
    }

    pre {
      white-space: pre-wrap;
      font-size: var(--t-xs);
    }
  `,
})
export class PlanNotesView {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  readonly notes = input.required<PlanNotes>();
}
