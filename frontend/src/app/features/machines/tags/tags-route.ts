import { Component, DestroyRef, inject } from '@angular/core';
import { Router } from '@angular/router';
import { Dialogs } from '../../../ui/dialogs';
import { TagsDialog } from './tags-dialog';

/** `/machines/tags`: the dialog over the list behind it. */
@Component({ selector: 'su-tags-route', template: '' })
export class TagsRoute {
  constructor() {
    const router = inject(Router);
    const dialog = inject(Dialogs).open<void, null, TagsDialog>(TagsDialog, null, 'tags-title');
    let left = false;
    dialog.closed.subscribe(() => {
      if (!left) {
        void router.navigate(['/machines'], { queryParamsHandling: 'preserve' });
      }
    });
    inject(DestroyRef).onDestroy(() => {
      left = true;
      dialog.close();
    });
  }
}
