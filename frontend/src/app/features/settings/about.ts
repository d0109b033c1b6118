import { Component, inject } from '@angular/core';
import { Api } from '../../api/api';
import { systemInfo } from '../../api/functions';
import type { SystemDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { Texts } from '../../core/i18n/texts';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';

/** What this installation is made of. */
@Component({
  selector: 'su-about',
  imports: [ErrorNotice, Icon],
  template: `
    @if (system.problem(); as failed) {
      <su-error-notice [problem]="failed" [retryable]="true" (retry)="refresh()" />
    }
    @if (system.value(); as about) {
      <section class="card" aria-labelledby="about">
        <header>
          <h2 id="about">{{ texts.t('settings.about') }}</h2>
        </header>
        <dl class="in">
          <dt>{{ texts.t('settings.version') }}</dt>
          <dd>{{ about.version }}</dd>
          <dt>{{ texts.t('settings.database') }}</dt>
          <dd>PostgreSQL {{ about.databaseVersion }}</dd>
          <dt>{{ texts.t('settings.process') }}</dt>
          <dd>{{ texts.known('settings.role.' + about.role, about.role) }}</dd>
          <dt>{{ texts.t('settings.crypto') }}</dt>
          <dd>{{ texts.t(about.nativeSshCrypto ? 'settings.crypto.native' : 'settings.crypto.script') }}</dd>
        </dl>
        <footer>
          <a class="link" href="/api/docs" target="_blank" rel="noopener"
            ><su-icon class="small" name="info" />{{ texts.t('settings.apiDocs') }}</a
          >
        </footer>
      </section>
    }
  `,
  styles: `
    dl {
      display: grid;
      grid-template-columns: minmax(110px, auto) 1fr;
      gap: 6px 16px;
      font-size: var(--t-s);
    }

    dt {
      color: var(--text-3);
    }
  `,
})
export class About {
  protected readonly texts = inject(Texts);
  private readonly api = inject(Api);
  protected readonly system = new Loadable<SystemDto>();

  constructor() {
    void this.refresh();
  }

  protected refresh(): Promise<void> {
    return this.system.load(() => this.api.invoke(systemInfo));
  }
}
