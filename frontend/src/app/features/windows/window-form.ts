import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { Component, computed, effect, inject, signal, untracked } from '@angular/core';
import { FormsModule } from '@angular/forms';
import type { MachineTileDto, OpeningDto, SaveWindowDto, TagUseDto, WindowDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { RecurrenceFields } from '../../ui/recurrence/recurrence-fields';
import { MachinesApi } from '../machines/machines-api';
import { ScheduleWords } from '../schedules/schedule-words';
import { WindowsApi } from './windows-api';

const SCOPES = ['fleet', 'tag', 'machine'] as const;
const LENGTHS = [30, 60, 90, 120, 180, 240, 360, 480, 720, 1440] as const;
/** People type and click several things in a row; the preview follows the last. */
const PREVIEW_PAUSE_MS = 300;
const SUGGESTED = 20;

/** Adds a window, or changes one; its next openings are shown by the rule that will open it. */
@Component({
  selector: 'su-window-form',
  imports: [ErrorNotice, FormsModule, Icon, RecurrenceFields],
  templateUrl: './window-form.html',
  styles: `
    .openings {
      padding: 0;
      list-style: none;
    }
  `,
})
export class WindowForm {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly times = inject(ScheduleWords);
  protected readonly ref = inject<DialogRef<WindowDto>>(DialogRef);
  protected readonly window = inject<WindowDto | null>(DIALOG_DATA);
  private readonly api = inject(WindowsApi);
  private readonly machines = inject(MachinesApi);
  protected readonly scopes = SCOPES;
  protected readonly name = signal(this.window?.name ?? '');
  protected readonly scope = signal<WindowDto['scope']>(this.window?.scope ?? 'fleet');
  protected readonly tagId = signal(this.window?.tagId ?? '');
  /** Name of the machine, as it is typed or chosen. */
  protected readonly machineName = signal(this.window?.scope === 'machine' ? (this.window.subjectName ?? '') : '');
  protected readonly cron = signal(this.window?.cron ?? '0 2 * * SUN');
  protected readonly opensAt = signal(this.window?.opensAt ?? null);
  protected readonly timezone = signal(this.window?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  protected readonly durationMinutes = signal(this.window?.durationMinutes ?? 120);
  protected readonly lengths = [...new Set([...LENGTHS, this.durationMinutes()])].sort((a, b) => a - b);
  protected readonly tags = new Loadable<TagUseDto[]>();
  protected readonly suggestions = new Loadable<MachineTileDto[]>();
  protected readonly preview = new Loadable<OpeningDto[]>();
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);
  private readonly opens = computed(() => ({
    cron: this.cron().trim(),
    opensAt: this.opensAt(),
    timezone: this.timezone().trim(),
    durationMinutes: this.durationMinutes(),
  }));
  private readonly machineId = computed(() => {
    const name = this.machineName().trim();
    const known = this.suggestions.value()?.find((machine) => machine.name === name)?.id;
    return known ?? (name === this.window?.subjectName ? this.window.machineId : null);
  });
  protected readonly unknownMachine = computed(
    () => this.machineName().trim() !== '' && this.machineId() === null && !this.suggestions.loading(),
  );
  protected readonly wrongFields = computed(() => Object.values(this.preview.problem()?.fields ?? {}));
  protected readonly ready = computed(
    () =>
      !this.busy() &&
      this.name().trim() !== '' &&
      (this.scope() !== 'tag' || this.tagId() !== '') &&
      (this.scope() !== 'machine' || this.machineId() !== null),
  );

  constructor() {
    void this.tags.load(() => this.machines.tags());
    effect((onCleanup) => {
      const opens = this.opens();
      const timer = setTimeout(() => void this.preview.load(() => this.api.preview(opens)), PREVIEW_PAUSE_MS);
      onCleanup(() => {
        clearTimeout(timer);
      });
    });
    effect((onCleanup) => {
      const q = this.machineName().trim();
      if (q === '' || untracked(this.machineId) !== null) {
        return;
      }
      const find = async (): Promise<MachineTileDto[]> => (await this.machines.list({ q, limit: SUGGESTED })).items;
      const timer = setTimeout(() => void this.suggestions.load(find), PREVIEW_PAUSE_MS);
      onCleanup(() => {
        clearTimeout(timer);
      });
    });
  }

  protected async submit(): Promise<void> {
    if (!this.ready()) {
      return;
    }
    this.busy.set(true);
    this.problem.set(null);
    try {
      const body = this.body();
      this.ref.close(
        await (this.window === null
          ? this.api.create(body)
          : this.api.change(this.window.id, body, this.window.updatedAt)),
      );
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }

  private body(): SaveWindowDto {
    const scope = this.scope();
    return {
      ...this.opens(),
      name: this.name().trim(),
      enabled: this.window?.enabled ?? true,
      scope,
      tagId: scope === 'tag' ? this.tagId() : null,
      machineId: scope === 'machine' ? this.machineId() : null,
    };
  }
}
