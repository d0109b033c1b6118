import { Component, computed, DestroyRef, inject, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Shortcuts } from '../../core/keyboard/shortcuts';
import { Activity } from '../../core/live/activity';
import { Preferences } from '../../core/preferences/preferences';
import { EmptyState } from '../../ui/empty-state';
import { Icon } from '../../ui/icon';
import { JobRows } from './job-rows';
import { JobWords } from '../../ui/job-words';

type DockTab = 'busy' | 'ended' | 'failed';

/** What runs and what waits, on every page. It survives navigation and reload. */
@Component({
  selector: 'su-activity-dock',
  imports: [EmptyState, Icon, JobRows, RouterLink],
  templateUrl: './activity-dock.html',
  styleUrl: './activity-dock.scss',
})
export class ActivityDock {
  protected readonly texts = inject(Texts);
  protected readonly activity = inject(Activity);
  private readonly words = inject(JobWords);
  private readonly formats = inject(Formats);
  private readonly preferences = inject(Preferences);
  protected readonly open = computed(() => this.preferences.get('dock_open'));
  protected readonly tab = signal<DockTab>('busy');
  protected readonly tabs: readonly DockTab[] = ['busy', 'ended', 'failed'];
  private readonly lists = computed(() => ({
    busy: [...this.activity.running(), ...this.activity.waiting()],
    ended: this.activity.recent(),
    failed: this.activity.recent().filter((job) => job.status === 'error'),
  }));
  protected readonly shown = computed(() => this.lists()[this.tab()]);
  protected readonly last = computed(() => {
    const job = this.activity.recent()[0];
    return job?.finishedAt == null
      ? null
      : this.texts.t('dock.last', {
          what: this.words.title(job),
          name: job.machineName,
          ago: this.formats.age(job.finishedAt),
          how: this.texts.t(`dock.ended.${job.status === 'queued' || job.status === 'running' ? 'ok' : job.status}`),
        });
  });

  constructor() {
    const toggle = (): void => {
      this.toggle();
    };
    const destroy = inject(DestroyRef);
    const shortcuts = inject(Shortcuts);
    shortcuts.bind('A', toggle, destroy);
    shortcuts.bind('a', toggle, destroy);
  }

  protected count(tab: DockTab): number {
    // Of what goes on more is known than is told one by one.
    return tab === 'busy' ? this.activity.runningCount() + this.activity.waitingCount() : this.lists()[tab].length;
  }

  protected toggle(): void {
    this.preferences.choose('dock_open', !this.open());
  }
}
