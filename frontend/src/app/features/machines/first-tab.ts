import { inject } from '@angular/core';
import type { RedirectFunction } from '@angular/router';
import { MachineUi } from '../../core/preferences/machine-ui';
import { isMachineTab } from '../../core/preferences/machine-tabs';
import { Preferences } from '../../core/preferences/preferences';

/** A machine opens where it was left, or on the tab that this person prefers. */
export const firstTab: RedirectFunction = async ({ params }) => {
  const preferred = inject(Preferences).get('default_tab');
  const ui = inject(MachineUi);
  if (preferred !== 'last') {
    return preferred;
  }
  const last = await ui.lastTab(String(params['id']));
  return isMachineTab(last) ? last : 'updates';
};
