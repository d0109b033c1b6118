import { afterNextRender, Directive, ElementRef, inject } from '@angular/core';

/** Has the focus once it is shown: the first field of a page that is nothing but a form, the way back of a question that replaces its button. */
@Directive({ selector: '[suTakesFocus]' })
export class TakesFocus {
  constructor() {
    const element = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
    afterNextRender(() => {
      element.focus();
    });
  }
}
