import { DestroyRef, Directive, ElementRef, inject, output } from '@angular/core';

/** Says when an element comes near the screen: the end of a list asks for more there. */
@Directive({ selector: '[suWhenSeen]' })
export class WhenSeen {
  readonly suWhenSeen = output();

  constructor() {
    const element = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
    const watcher = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) {
          this.suWhenSeen.emit();
        }
      },
      { rootMargin: '600px' },
    );
    watcher.observe(element);
    inject(DestroyRef).onDestroy(() => {
      watcher.disconnect();
    });
  }
}
