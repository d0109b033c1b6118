import type { HttpInterceptorFn } from '@angular/common/http';
import { inject } from '@angular/core';
import { Router } from '@angular/router';
import { catchError, throwError } from 'rxjs';
import { problemOf } from '../errors/problem';
import { Session } from './session';

/** A form on another site cannot set this header, so the server takes it as proof that the portal asked. */
const PROOF_HEADER = 'X-System-Update';

/** Marks changing requests, and brings people to the sign-in page when the server ended their session. */
export const sessionInterceptor: HttpInterceptorFn = (request, next) => {
  const session = inject(Session);
  const router = inject(Router);
  const marked = request.method === 'GET' ? request : request.clone({ setHeaders: { [PROOF_HEADER]: '1' } });
  return next(marked).pipe(
    catchError((error: unknown) => {
      if (session.signedIn() && problemOf(error).code === 'not_signed_in') {
        session.forget();
        void router.navigate(['/sign-in'], { queryParams: { return: router.url, ended: 1 } });
      }
      return throwError(() => error);
    }),
  );
};
