import { Component, inject } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Texts } from '../core/i18n/texts';
import { EmptyState } from '../ui/empty-state';

@Component({
  selector: 'su-not-found',
  imports: [RouterLink, EmptyState],
  template: `
    <div class="page-head">
      <h1>{{ texts.t('notFound.title') }}</h1>
    </div>
    <div class="card">
      <su-empty-state [heading]="texts.t('notFound.text')">
        <a class="btn" routerLink="/machines">{{ texts.t('notFound.go') }}</a>
      </su-empty-state>
    </div>
  `,
})
export class NotFound {
  protected readonly texts = inject(Texts);
}
