import { inject, Injectable } from '@angular/core';
import type { MachineMaintenanceDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';

/** When a change may begin on a machine, in a sentence. */
@Injectable({ providedIn: 'root' })
export class WindowWords {
  private readonly texts = inject(Texts);
  private readonly formats = inject(Formats);

  /** Null where no window speaks of the machine. */
  standing(standing: MachineMaintenanceDto): string | null {
    const { state, windowName, from, until, longestSeconds, unreadableWindowNames: unreadable } = standing;
    switch (state) {
      case 'open':
        return this.texts.t('windows.standing.open', { name: windowName ?? '', at: this.formats.short(until ?? '') });
      case 'later':
        return this.texts.t('windows.standing.later', { name: windowName ?? '', at: this.formats.short(from ?? '') });
      case 'never':
        if (unreadable.length > 0) {
          return this.texts.t('windows.standing.unreadable', { name: this.formats.list(unreadable) });
        }
        return longestSeconds === 0 || longestSeconds === null
          ? this.texts.t('windows.standing.none')
          : this.texts.t('windows.standing.never', { longest: this.formats.length(longestSeconds) });
      case 'unbound':
        return null;
    }
  }
}
