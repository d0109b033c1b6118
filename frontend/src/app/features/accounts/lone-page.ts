import { Component, inject } from '@angular/core';
import { Texts } from '../../core/i18n/texts';
import { Appearance } from '../../core/preferences/appearance';
import { Preferences } from '../../core/preferences/preferences';
import { Icon } from '../../ui/icon';

/** Frame of the pages before sign-in: the product's name, language and theme. */
@Component({
  selector: 'su-lone-page',
  imports: [Icon],
  template: `
    <main class="lone">
      <div class="line">
        <span class="brand grow"><su-icon name="brand" class="large" />system_update</span>
        <button type="button" class="btn quiet" [attr.aria-label]="texts.t('top.language')" (click)="switchLanguage()">
          <b class="xs">{{ texts.language().toUpperCase() }}</b>
        </button>
        <button
          type="button"
          class="btn quiet icon"
          [attr.aria-label]="texts.t('top.theme')"
          (click)="appearance.toggleTheme()"
        >
          <su-icon [name]="appearance.dark() ? 'sun' : 'moon'" />
        </button>
      </div>
      <div class="card"><ng-content /></div>
    </main>
  `,
  styleUrl: '../../shell/lone.scss',
})
export class LonePage {
  protected readonly texts = inject(Texts);
  protected readonly appearance = inject(Appearance);
  private readonly preferences = inject(Preferences);

  protected switchLanguage(): void {
    this.preferences.choose('language', this.texts.language() === 'en' ? 'fr' : 'en');
  }
}
