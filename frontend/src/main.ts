import { bootstrapApplication } from '@angular/platform-browser';
import { App } from './app/app';
import { appConfig } from './app/app.config';
import { takeLinkToken } from './app/core/session/link-token';

takeLinkToken();

bootstrapApplication(App, appConfig).catch((error: unknown) => {
  console.error(error);
});
