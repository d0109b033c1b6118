import { OverlayContainer } from '@angular/cdk/overlay';
import { provideHttpClient, withInterceptors } from '@angular/common/http';
import {
  inject,
  provideAppInitializer,
  provideBrowserGlobalErrorListeners,
  type ApplicationConfig,
} from '@angular/core';
import { MAT_RIPPLE_GLOBAL_OPTIONS } from '@angular/material/core';
import { provideRouter, TitleStrategy, withComponentInputBinding, withInMemoryScrolling } from '@angular/router';
import { routes } from './app.routes';
import { NamedOverlays } from './ui/named-overlays';
import { PortalTitle } from './shell/portal-title';
import { providePortalTexts } from './core/i18n/transloco';
import { Texts } from './core/i18n/texts';
import { sessionInterceptor } from './core/session/session-interceptor';
import { Appearance } from './core/preferences/appearance';
import { Preferences } from './core/preferences/preferences';

export const appConfig: ApplicationConfig = {
  providers: [
    provideBrowserGlobalErrorListeners(),
    provideHttpClient(withInterceptors([sessionInterceptor])),
    provideRouter(routes, withComponentInputBinding(), withInMemoryScrolling({ scrollPositionRestoration: 'enabled' })),
    ...providePortalTexts(),
    { provide: TitleStrategy, useClass: PortalTitle },
    { provide: OverlayContainer, useExisting: NamedOverlays },
    { provide: MAT_RIPPLE_GLOBAL_OPTIONS, useValue: { disabled: true } },
    provideAppInitializer(async () => {
      inject(Appearance);
      const texts = inject(Texts);
      // First, as the language depends on it.
      await inject(Preferences).start();
      await texts.start();
    }),
  ],
};
