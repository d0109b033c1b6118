import { Component, computed, DestroyRef, effect, inject, input, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { MachineMaintenanceDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { gathered } from '../../core/live/gathered';
import { Live } from '../../core/live/live';
import { Icon } from '../../ui/icon';
import { WindowsApi } from './windows-api';

/** When changes may begin on a machine. Silent where no window speaks of it, nor has. */
@Component({
  selector: 'su-machine-windows',
  imports: [Icon, RouterLink],
  template: `
    @if (sentence(); as text) {
      <p class="s t2">
        <su-icon class="small" name="clock" /> {{ text }}
        <a class="link" routerLink="/schedules/windows">{{ texts.t('machine.windows.all') }}</a>
      </p>
    } @else if (standing.problem()) {
      <p class="s t2"><su-icon class="small" name="clock" /> {{ texts.t('windows.notKnown') }}</p>
    }
  `,
})
export class MachineWindows {
  protected readonly texts = inject(Texts);
  private readonly formats = inject(Formats);
  private readonly api = inject(WindowsApi);
  readonly machineId = input.required<string>();
  protected readonly standing = new Loadable<MachineMaintenanceDto>();
  protected readonly sentence = computed(() => {
    const standing = this.standing.value();
    return standing === undefined ? null : this.words(standing);
  });

  constructor() {
    const live = inject(Live);
    effect(() => {
      const id = this.machineId();
      live.returns();
      untracked(() => void this.read(id));
    });
    inject(DestroyRef).onDestroy(
      live.on(
        'windows.changed',
        gathered(() => this.read(this.machineId())),
      ),
    );
  }

  private read(id: string): Promise<void> {
    return this.standing.load(() => this.api.standing(id));
  }

  private words(standing: MachineMaintenanceDto): string | null {
    const { state, windowName, from, until, overWindowName, unreadableWindowNames: unreadable } = standing;
    const name = windowName ?? '';
    switch (state) {
      case 'open':
        return this.texts.t('machine.windows.open', { name, at: this.formats.short(until ?? '') });
      case 'later':
        return this.texts.t('machine.windows.later', { name, at: this.formats.short(from ?? '') });
      case 'never':
        return unreadable.length > 0
          ? this.texts.t('machine.windows.unreadable', { name: this.formats.list(unreadable) })
          : this.texts.t('machine.windows.never');
      case 'unbound':
        return overWindowName === null ? null : this.texts.t('machine.windows.over', { name: overWindowName });
    }
  }
}
