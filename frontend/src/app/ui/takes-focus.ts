import { afterNextRender, Directive, ElementRef, inject } from '@angular/core';

/** The first field of a page that is nothing but a form has the focus when the page opens. */
@Directive({ selector: '[suTakesFocus]' })
export class TakesFocus {
  constructor() {
    const element = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
    afterNextRender(() => {
      element.focus();
    });
  }
}
