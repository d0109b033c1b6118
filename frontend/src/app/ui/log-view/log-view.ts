import { CdkVirtualScrollViewport, ScrollingModule } from '@angular/cdk/scrolling';
import { Clipboard } from '@angular/cdk/clipboard';
import { LiveAnnouncer } from '@angular/cdk/a11y';
import {
  afterNextRender,
  afterRenderEffect,
  Component,
  computed,
  DestroyRef,
  ElementRef,
  inject,
  input,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import type { JobLog, LogEntry } from '../../core/live/job-log';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Shortcuts } from '../../core/keyboard/shortcuts';
import { Live } from '../../core/live/live';
import { download } from '../download';
import { Icon } from '../icon';
import { LogLine } from './log-line';
import { findRows, firstError, LogRows, type LogRow } from './log-rows';
import { plainLine } from './safe-line';

/** Height of a row in pixels; the rows of the style sheet have the same. */
const ROW = 19;
/** Letters that a row keeps free for number and time. */
const NUMBER_WIDTH = 52;
const TIME_WIDTH = 76;
const NARROW = 560;

/** The log of a run: always dark, drawn as text, following until the reader looks elsewhere. */
@Component({
  selector: 'su-log-view',
  imports: [Icon, LogLine, ScrollingModule],
  templateUrl: './log-view.html',
  styleUrl: './log-view.scss',
})
export class LogView {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly live = inject(Live);
  private readonly clipboard = inject(Clipboard);
  private readonly announcer = inject(LiveAnnouncer);
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef);
  readonly log = input.required<JobLog>();
  readonly fileName = input.required<string>();
  private readonly viewport = viewChild.required(CdkVirtualScrollViewport);
  private readonly probe = viewChild.required<ElementRef<HTMLElement>>('probe');
  private readonly findField = viewChild<ElementRef<HTMLInputElement>>('find');
  protected readonly following = signal(true);
  protected readonly wrap = signal(true);
  protected readonly times = signal(true);
  protected readonly query = signal('');
  protected readonly at = signal(0);
  private readonly width = signal(0);
  private readonly seen = signal(0);
  private readonly cutter = new LogRows();
  private readonly marked = signal<number | null>(null);
  protected readonly rowHeight = ROW;

  private readonly columns = computed(() => {
    const letter = this.letter();
    const beside = this.narrow() ? 0 : NUMBER_WIDTH + (this.times() ? TIME_WIDTH : 0);
    const free = this.width() - beside - 28;
    return this.wrap() && this.width() > 0 && letter > 0 ? Math.max(20, Math.floor(free / letter)) : 0;
  });
  private readonly letter = signal(0);
  /** Without room for numbers and times, the text takes the whole width. */
  protected readonly narrow = computed(() => this.width() > 0 && this.width() < NARROW);
  protected readonly rows = computed(() => {
    this.log().version();
    return this.cutter.rowsOf(this.log().entries, this.columns());
  });
  protected readonly count = computed(() => {
    this.log().version();
    return this.log().lastSeq;
  });
  protected readonly fresh = computed(() => (this.following() ? 0 : Math.max(0, this.count() - this.seen())));
  protected readonly matches = computed(() => findRows(this.log().entries, this.rows(), this.query()));
  protected readonly errorRow = computed(() => firstError(this.log().entries, this.rows()));
  protected readonly lastAt = computed(() => {
    this.log().version();
    const last = this.log().entries.at(-1);
    return last?.type === 'line' ? last.line.at : null;
  });

  constructor() {
    const destroy = inject(DestroyRef);
    afterNextRender(() => {
      const element = this.host.nativeElement;
      const measure = (): void => {
        this.letter.set(this.probe().nativeElement.getBoundingClientRect().width / 40);
        this.width.set(element.clientWidth);
        this.viewport().checkViewportSize();
      };
      measure();
      const watcher = new ResizeObserver(measure);
      watcher.observe(element);
      destroy.onDestroy(() => {
        watcher.disconnect();
      });
    });
    afterRenderEffect(() => {
      this.rows();
      if (this.following()) {
        untracked(() => {
          this.toEnd();
        });
      }
    });
    const shortcuts = inject(Shortcuts);
    shortcuts.bind(' ', (event) => this.space(event), destroy);
    shortcuts.bind('e', () => this.toError(), destroy);
  }

  protected entry(row: LogRow): LogEntry | undefined {
    return this.log().entries[row.entry];
  }

  protected isMarked(index: number, row: LogRow): boolean {
    const marked = this.marked();
    return marked !== null && (marked === index || this.rows()[marked]?.entry === row.entry);
  }

  protected follow(on: boolean): void {
    this.following.set(on);
    this.seen.set(this.count());
  }

  /** Scrolling up stops following; coming back to the end follows again. */
  protected wheel(event: WheelEvent): void {
    if (event.deltaY < 0) {
      this.follow(false);
    }
  }

  protected keys(event: KeyboardEvent): void {
    if (['PageUp', 'ArrowUp', 'Home'].includes(event.key)) {
      this.follow(false);
    } else if (event.key === 'End') {
      this.follow(true);
    } else if (event.key === 'f' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.findField()?.nativeElement.focus();
    }
  }

  protected search(text: string): void {
    this.query.set(text);
    this.at.set(0);
    this.showMatch(0);
  }

  protected step(by: number): void {
    const count = this.matches().length;
    if (count > 0) {
      this.showMatch((this.at() + by + count) % count);
    }
  }

  protected toError(): boolean {
    const row = this.errorRow();
    if (row === -1) {
      return false;
    }
    this.show(row);
    return true;
  }

  protected copy(): void {
    if (this.clipboard.copy(this.plain())) {
      void this.announcer.announce(this.texts.t('act.copied'), 'polite');
    }
  }

  /** The log as it came, with its control codes. */
  protected download(): void {
    const lines = this.log().entries.map((entry) => (entry.type === 'line' ? entry.line.text : this.missing(entry)));
    download(`${this.fileName()}.log`, `${lines.join('\n')}\n`, 'text/plain');
  }

  /** What stands in the place of lines that are not there. */
  protected missing({ type, from, to }: Exclude<LogEntry, { type: 'line' }>): string {
    return this.texts.t(`log.${type}`, { from, to });
  }

  private plain(): string {
    return this.log()
      .entries.map((entry) =>
        entry.type === 'line' ? `${entry.line.at} ${plainLine(entry.line.text)}` : this.missing(entry),
      )
      .join('\n');
  }

  private showMatch(at: number): void {
    this.at.set(at);
    const row = this.matches()[at];
    if (row !== undefined) {
      this.show(row);
    }
  }

  private show(row: number): void {
    this.follow(false);
    this.marked.set(row);
    this.viewport().scrollToIndex(Math.max(0, row - 4));
  }

  private toEnd(): void {
    const viewport = this.viewport();
    viewport.scrollToIndex(Math.max(0, this.rows().length - 1));
    viewport.elementRef.nativeElement.scrollTop = viewport.elementRef.nativeElement.scrollHeight;
  }

  /** Space follows or pauses, but a button keeps its own meaning of it. */
  private space(event: KeyboardEvent): boolean {
    if (event.target instanceof HTMLElement && event.target.closest('button, a, summary')) {
      return false;
    }
    this.follow(!this.following());
    return true;
  }
}
