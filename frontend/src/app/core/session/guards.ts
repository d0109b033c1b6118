import { inject } from '@angular/core';
import { Router, type CanActivateFn } from '@angular/router';
import { Texts } from '../i18n/texts';
import { Preferences } from '../preferences/preferences';
import type { Permission } from './permissions';
import { Session } from './session';

/** Lets signed-in people through; sends others to setup or sign-in, and remembers where they wanted to go. */
export const signedIn: CanActivateFn = async (_route, state) => {
  const session = inject(Session);
  const router = inject(Router);
  const preferences = inject(Preferences);
  const texts = inject(Texts);
  try {
    if (await session.ensure()) {
      // A browser that does not know this person yet waits, so that nothing changes its looks under their eyes.
      await preferences.ready();
      await texts.start();
      return true;
    }
    if (await session.setupNeeded()) {
      return router.parseUrl('/setup');
    }
  } catch {
    return router.createUrlTree(['/no-answer'], { queryParams: { return: state.url } });
  }
  const wanted = state.url === '/' ? {} : { return: state.url };
  return router.createUrlTree(['/sign-in'], { queryParams: wanted });
};

export function allowed(permission: Permission): CanActivateFn {
  return () => inject(Session).can(permission) || inject(Router).parseUrl('/machines');
}

/** Only an address inside the portal may be returned to. */
export function safeReturn(address: string | null | undefined): string {
  return address?.startsWith('/') === true && !address.startsWith('//') && !address.includes('\\')
    ? address
    : '/machines';
}
