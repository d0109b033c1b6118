import { Component, inject, input } from '@angular/core';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import { PackageTable, type PackageRow, type PackageRows } from '../../ui/package-table';
import type { KeptPackage, PlanNotes } from './plan-notes';

/** What a plan tells besides its lines: what stays and why, the marks of the machine, what is wrong with it now. */
@Component({
  selector: 'su-plan-notes',
  imports: [Icon, PackageTable],
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
          <su-package-table
            [label]="texts.t('plan.kept')"
            [reasons]="texts.t('packages.reason')"
            [groups]="rows(kept)"
          />
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
            <p>{{ texts.t('hold.note') }}{{ texts.t('text.colon') }} {{ note }}</p>
          }
          @if (notes().expiresAt; as day) {
            <p class="t2">{{ texts.t('hold.until', { day: formats.day(day) }) }}</p>
          }
        </div>
      </section>
    }
  `,
  styles: `
    :host {
      display: contents;
    }

    .list {
      overflow: clip;
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

  protected rows(kept: readonly KeptPackage[]): PackageRows[] {
    return [{ key: 'kept', heading: null, rows: kept.map((pack) => this.row(pack)) }];
  }

  private row({ name, version, reason }: KeptPackage): PackageRow {
    return {
      key: name,
      name,
      icon: 'pin',
      operation: null,
      from: null,
      to: version,
      origin: null,
      tone: null,
      marked: false,
      reason: { icon: null, text: this.texts.known(`kept.${reason}`, reason), look: 'plain' },
      notes: [],
      chosen: null,
    };
  }
}
