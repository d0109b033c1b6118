import { DestroyRef, Directive, ElementRef, inject } from '@angular/core';
import { NavigationEnd, Router } from '@angular/router';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { filter } from 'rxjs';

/** A row of tabs that is wider than a phone shows the tab that is open. */
@Directive({ selector: '[suActiveInView]' })
export class ActiveInView {
  constructor() {
    const row = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
    const destroy = inject(DestroyRef);
    const show = (): void => {
      // After the router has marked the link.
      requestAnimationFrame(() => {
        // Sideways only: the page itself stays where it is.
        const tab = row.querySelector<HTMLElement>('[aria-current="page"]');
        if (tab) {
          row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
        }
      });
    };
    inject(Router)
      .events.pipe(
        filter((event) => event instanceof NavigationEnd),
        takeUntilDestroyed(destroy),
      )
      .subscribe(show);
    show();
  }
}
