import { Dialog, type DialogConfig, type DialogRef } from '@angular/cdk/dialog';
import { createGlobalPositionStrategy, type ComponentType } from '@angular/cdk/overlay';
import { inject, Injectable, Injector } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { ReasonDialog, type Decision } from './reason-dialog';

/** Opens dialogs the one way they look here; focus goes in, stays in and returns to the opener. */
@Injectable({ providedIn: 'root' })
export class Dialogs {
  private readonly dialog = inject(Dialog);
  private readonly injector = inject(Injector);

  /**
   * @param focus selector of what takes the focus; the first control without it
   * @param mayClose asked before it closes, also by a click beside it or by Escape
   */
  open<R, D, C>(
    component: ComponentType<C>,
    data: D,
    labelledBy: string,
    focus = 'first-tabbable',
    mayClose: (component: C) => boolean = () => true,
  ): DialogRef<R, C> {
    const ref: DialogRef<R, C> = this.show(component, data, labelledBy, focus, {
      closePredicate: () => ref.componentInstance === null || mayClose(ref.componentInstance),
    });
    return ref;
  }

  /** Near the top, so that a list that grows and shrinks below a field does not move the field. */
  openAtTop<R, D, C>(component: ComponentType<C>, data: D, labelledBy: string): DialogRef<R, C> {
    const place = createGlobalPositionStrategy(this.injector).centerHorizontally().top('10vh');
    return this.show(component, data, labelledBy, 'first-tabbable', { positionStrategy: place });
  }

  /** Asks for a decision with its reason. @returns what it came to; undefined when it was not made */
  decide<R>(decision: Decision<R>): Promise<R | undefined> {
    const first = decision.typed === undefined ? 'textarea' : 'input';
    const dialog = this.open<R, Decision<R>, ReasonDialog<R>>(ReasonDialog, decision, 'decision-title', first);
    return firstValueFrom(dialog.closed);
  }

  private show<R, D, C>(
    component: ComponentType<C>,
    data: D,
    labelledBy: string,
    focus: string,
    more: DialogConfig<D, DialogRef<R, C>>,
  ): DialogRef<R, C> {
    return this.dialog.open<R, D, C>(component, {
      ...more,
      data,
      autoFocus: focus,
      restoreFocus: true,
      backdropClass: 'scrim',
      ariaLabelledBy: labelledBy,
      ariaModal: true,
    });
  }
}
