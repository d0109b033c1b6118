import { Component, inject, input } from '@angular/core';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import { VersionDiff } from '../../ui/version-diff';
import type { IconName } from '../../ui/icons';
import { REASON_ICON, type Reason } from '../machines/machine/packages';
import type { LeftPackage } from './plan-details';

/** What the plan leaves although a newer version is known, each with its reason. */
@Component({
  selector: 'su-left-back',
  imports: [Icon, VersionDiff],
  template: `
    <section class="card list" aria-labelledby="left-back">
      <header>
        <h2 id="left-back">{{ texts.t('packages.left') }}</h2>
        <span class="t3 s">{{ texts.t('packages.left.count', { n: packages().length }) }}</span>
      </header>
      <ul>
        @for (pack of packages(); track pack.name + ':' + pack.arch) {
          <li class="pack">
            <span class="name"
              ><su-icon class="op" [name]="icon(pack)" /><span>{{ pack.name }}</span></span
            >
            <span class="version"><su-version-diff [from]="pack.current" [to]="pack.available" /></span>
            <span class="why t2 xs">
              {{ texts.known('reason.' + pack.reason, pack.reason) }}
              @if (pack.detail) {
                <small>{{ pack.detail }}</small>
              }
            </span>
          </li>
        }
      </ul>
    </section>
  `,
  styleUrl: './package-rows.scss',
})
export class LeftBack {
  protected readonly texts = inject(Texts);
  readonly packages = input.required<readonly LeftPackage[]>();

  protected icon({ reason }: LeftPackage): IconName {
    return reason in REASON_ICON ? REASON_ICON[reason as Reason] : 'unknown';
  }
}
