import { DestroyRef, Component, inject } from '@angular/core';
import { ActivatedRoute, Router } from '@angular/router';
import { Dialogs } from '../../../ui/dialogs';
import { AddMachine, type AddMachineData } from './add-machine';

/** `/machines/new`: the dialog over the list behind it. The address can be sent to a colleague. */
@Component({ selector: 'su-enrol-route', template: '' })
export class EnrolRoute {
  constructor() {
    const route = inject(ActivatedRoute);
    const router = inject(Router);
    const params = route.snapshot.queryParamMap;
    const data: AddMachineData = { address: params.get('address'), machineId: params.get('machine') };
    const dialog = inject(Dialogs).open<string, AddMachineData, AddMachine>(
      AddMachine,
      data,
      'enrol-title',
      '[data-first]',
      (shown) => shown.mayClose(),
    );
    let left = false;
    dialog.closed.subscribe((target) => {
      if (!left) {
        void (target === undefined
          ? router.navigate(['/machines'], {
              queryParams: { address: null, machine: null },
              queryParamsHandling: 'merge',
            })
          : router.navigateByUrl(target));
      }
    });
    inject(DestroyRef).onDestroy(() => {
      left = true;
      dialog.componentInstance?.leave();
    });
  }
}
