import { Component, DestroyRef, effect, inject, signal, untracked } from '@angular/core';
import { MatMenuModule } from '@angular/material/menu';
import type { OpeningDto, SaveWindowDto, WindowDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { gathered } from '../../core/live/gathered';
import { Live } from '../../core/live/live';
import { Session } from '../../core/session/session';
import { Clock } from '../../core/time/clock';
import { Trail } from '../../shell/trail';
import { Dialogs } from '../../ui/dialogs';
import { EmptyState } from '../../ui/empty-state';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { LoadingNote } from '../../ui/loading-note';
import { RecurrenceWords } from '../../ui/recurrence/recurrence-words';
import { ScheduleTabs } from '../schedules/schedule-tabs';
import { ScheduleWords } from '../schedules/schedule-words';
import { WindowForm } from './window-form';
import { WindowsApi } from './windows-api';

/** When may changes begin, and where? All maintenance windows, with what is open now. */
@Component({
  selector: 'su-windows-page',
  imports: [EmptyState, ErrorNotice, Icon, LoadingNote, MatMenuModule, ScheduleTabs],
  templateUrl: './windows-page.html',
})
export class WindowsPage {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly words = inject(RecurrenceWords);
  protected readonly times = inject(ScheduleWords);
  private readonly session = inject(Session);
  private readonly clock = inject(Clock);
  private readonly api = inject(WindowsApi);
  private readonly dialogs = inject(Dialogs);
  protected readonly windows = new Loadable<WindowDto[]>();
  protected readonly problem = signal<Problem | null>(null);
  /** The window that is about to be removed or turned off: either way it holds nothing back any more. */
  protected readonly ending = signal<{ readonly id: string; readonly how: 'remove' | 'disable' } | null>(null);

  constructor() {
    const trail = inject(Trail);
    effect(() => {
      trail.parts.set([{ label: this.texts.t('windows.title') }]);
    });
    const live = inject(Live);
    effect(() => {
      live.returns();
      untracked(() => void this.refresh());
    });
    inject(DestroyRef).onDestroy(
      live.on(
        'windows.changed',
        gathered(() => this.refresh()),
      ),
    );
    // The server tells the next openings: once one of them is over, there is another.
    effect(() => {
      const now = this.clock.ages();
      const shown = untracked(() => this.windows.value()) ?? [];
      if (shown.some(({ openings }) => openings.some(({ until }) => Date.parse(until) <= now))) {
        untracked(() => void this.refresh());
      }
    });
  }

  protected may(): boolean {
    return this.session.can('windows.write');
  }

  protected refresh(): Promise<void> {
    return this.windows.load(() => this.api.list());
  }

  protected edit(window: WindowDto | null): void {
    this.dialogs
      .open<WindowDto, WindowDto | null, WindowForm>(WindowForm, window, 'window-title', '#window-name')
      .closed.subscribe((saved) => {
        if (saved !== undefined) {
          void this.refresh();
        }
      });
  }

  protected enable(window: WindowDto, enabled: boolean): Promise<void> {
    return this.act(async () => {
      await this.api.change(window.id, { ...facts(window), enabled }, window.updatedAt);
    });
  }

  private remove(window: WindowDto): Promise<void> {
    return this.act(() => this.api.remove(window));
  }

  protected end(window: WindowDto, how: 'remove' | 'disable'): Promise<void> {
    return how === 'remove' ? this.remove(window) : this.enable(window, false);
  }

  /** The opening that goes on, or the next. */
  protected nextOf({ openings }: WindowDto): OpeningDto | undefined {
    return openings.find(({ until }) => Date.parse(until) > this.clock.ages());
  }

  protected isOpen(window: WindowDto): boolean {
    const next = this.nextOf(window);
    return window.enabled && next !== undefined && Date.parse(next.from) <= this.clock.ages();
  }

  private async act(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.problem.set(null);
      this.ending.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
    await this.refresh();
  }
}

function facts(window: WindowDto): SaveWindowDto {
  const { name, enabled, scope, tagId, machineId, cron, opensAt, timezone, durationMinutes } = window;
  return { name, enabled, scope, tagId, machineId, cron, opensAt, timezone, durationMinutes };
}
