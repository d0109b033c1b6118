import { Component, computed, effect, inject, input, signal, untracked } from '@angular/core';
import type { LogLineDto } from '../../../api/models';
import { problemOf, type Problem } from '../../../core/errors/problem';
import { ProblemTexts } from '../../../core/errors/problem-texts';
import { Texts } from '../../../core/i18n/texts';
import { Live } from '../../../core/live/live';
import { plainLine } from '../../../ui/log-view/safe-line';
import { MachinesApi } from '../machines-api';

/** The last lines of a machine's newest run, as they come. */
@Component({
  selector: 'su-tile-log',
  template: `
    @if (problem(); as failed) {
      <p class="xs">{{ problems.sentence(failed) }}</p>
    } @else if (empty()) {
      <p class="xs t3">{{ texts.t('tile.log.none') }}</p>
    } @else {
      <pre tabindex="0" [attr.aria-label]="texts.t('tile.log.last')">{{ text() }}</pre>
    }
  `,
  styles: `
    pre {
      min-height: 5.6em;
      padding: 6px 8px;
      overflow: hidden;
      border-radius: var(--r-s);
      background: var(--log-bg);
      color: var(--log-text);
      font-size: 0.6875rem;
      line-height: 1.4;
      text-overflow: ellipsis;
      white-space: pre;
    }
  `,
})
export class TileLog {
  protected readonly texts = inject(Texts);
  protected readonly problems = inject(ProblemTexts);
  private readonly api = inject(MachinesApi);
  private readonly live = inject(Live);
  readonly machineId = input.required<string>();
  /** The job that runs now; null: the last that ended is shown. */
  readonly runningJobId = input<string | null>(null);
  /** How many lines are shown. */
  readonly count = input(5);
  private readonly lines = signal<readonly LogLineDto[] | null>(null);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly empty = computed(() => this.lines()?.length === 0);
  /** Control codes are shown, never obeyed. */
  protected readonly text = computed(() => (this.lines() ?? []).map((line) => plainLine(line.text)).join('\n'));

  constructor() {
    effect((onCleanup) => {
      const machineId = this.machineId();
      const running = this.runningJobId();
      this.live.returns();
      const stops: (() => void)[] = [];
      let shown = true;
      onCleanup(() => {
        shown = false;
        stops.forEach((stop) => stop());
      });
      void untracked(() => this.read(machineId)).then(() => {
        if (shown && running !== null) {
          stops.push(...this.follow(running));
        }
      });
    });
  }

  private async read(machineId: string): Promise<void> {
    try {
      this.lines.set(await this.api.lastLines(machineId, this.count()));
      this.problem.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }

  private follow(jobId: string): (() => void)[] {
    return [
      this.live.on('job.log', (news) => {
        if (news.jobId === jobId) {
          this.lines.update((now) => [...(now ?? []), ...news.lines].slice(-this.count()));
        }
      }),
      this.live.watchJob(jobId, () => this.lines()?.at(-1)?.seq ?? 0),
    ];
  }
}
