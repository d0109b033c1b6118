import { Component, computed, inject, input } from '@angular/core';
import { Texts } from '../../core/i18n/texts';
import { differenceLines } from './plan-lines';

/** Lines that one of two plans lacks, those about the same thing beside each other, with what differs in them marked. */
@Component({
  selector: 'su-line-difference',
  template: `
    <div class="diff" tabindex="0" role="group" [attr.aria-label]="label()">
      @for (line of lines(); track $index) {
        <p [class]="line.sign === '+' ? 'added' : 'missing'">
          <i aria-hidden="true">{{ line.sign }}</i><span class="unseen">{{
            texts.t(line.sign === '+' ? 'plan.difference.added' : 'plan.difference.gone')
          }}</span>
          @for (word of line.words; track $index) {
            @if (word.changed) {
              <mark>{{ word.text }}</mark>
            } @else {
              <span>{{ word.text }}</span>
            }
            {{ ' ' }}
          }
        </p>
      }
    </div>
  `,
  styles: `
    .diff {
      overflow-x: auto;
      font-family: var(--mono);
      font-size: var(--t-xs);
      font-variant-ligatures: none;
      line-height: 1.8;
    }

    p {
      width: max-content;
      min-width: 100%;
      padding: 0 14px;
      white-space: nowrap;
    }

    i {
      display: inline-block;
      width: 18px;
      font-style: normal;
      font-weight: 700;
    }

    mark {
      border-radius: 2px;
      color: inherit;
    }

    .added {
      background: var(--clean-tint);
    }

    .added i {
      color: var(--clean);
    }

    .added mark {
      background: color-mix(in srgb, var(--clean) 22%, transparent);
    }

    .missing {
      background: var(--failed-tint);
    }

    .missing i {
      color: var(--failed);
    }

    .missing mark {
      background: color-mix(in srgb, var(--failed) 22%, transparent);
    }
  `,
})
export class LineDifference {
  protected readonly texts = inject(Texts);
  readonly missing = input.required<readonly string[]>();
  readonly added = input.required<readonly string[]>();
  /** Name for screen readers. */
  readonly label = input.required<string>();
  protected readonly lines = computed(() => differenceLines(this.missing(), this.added()));
}
