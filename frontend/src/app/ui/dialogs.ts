import { Dialog, type DialogRef } from '@angular/cdk/dialog';
import type { ComponentType } from '@angular/cdk/overlay';
import { inject, Injectable } from '@angular/core';

/** Opens dialogs the one way they look here; focus goes in, stays in and returns to the opener. */
@Injectable({ providedIn: 'root' })
export class Dialogs {
  private readonly dialog = inject(Dialog);

  /** @param focus selector of what takes the focus; the first control without it */
  open<R, D, C>(component: ComponentType<C>, data: D, labelledBy: string, focus = 'first-tabbable'): DialogRef<R, C> {
    return this.dialog.open<R, D, C>(component, {
      data,
      autoFocus: focus,
      restoreFocus: true,
      backdropClass: 'scrim',
      ariaLabelledBy: labelledBy,
      ariaModal: true,
    });
  }
}
