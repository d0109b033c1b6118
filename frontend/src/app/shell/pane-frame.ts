import { Component, computed, DestroyRef, effect, ElementRef, inject, signal } from '@angular/core';
import { Texts } from '../core/i18n/texts';
import { Shortcuts } from '../core/keyboard/shortcuts';
import { SidePane } from '../core/preferences/side-pane';
import { MachinePeek } from '../features/machines/peek/machine-peek';
import { EmptyState } from '../ui/empty-state';
import { Icon } from '../ui/icon';
import { PaneSeparator } from './pane-separator';

/** What stands beside the page: the machine that is chosen on it. Narrow windows have it over the page. */
@Component({
  selector: 'su-pane-frame',
  imports: [EmptyState, Icon, MachinePeek, PaneSeparator],
  template: `
    @if (pane.open()) {
      <aside id="side-pane" [style.width.px]="width()" [attr.aria-label]="texts.t('pane.title')">
        <su-pane-separator
          controls="side-pane"
          [width]="width()"
          (moving)="dragged.set($event)"
          (moved)="resize($event)"
        />
        <header>
          <b>{{ texts.t('pane.title') }}</b>
          <span class="grow"></span>
          <kbd>T</kbd>
          <button type="button" class="btn quiet icon" [attr.aria-label]="texts.t('pane.close')" (click)="close()">
            <su-icon name="cross" />
          </button>
        </header>
        <div class="content">
          @if (pane.machineId(); as machine) {
            <su-machine-peek [machineId]="machine" />
          } @else {
            <su-empty-state [heading]="texts.t('pane.empty')" [text]="texts.t('pane.empty.text')" />
          }
        </div>
      </aside>
    }
  `,
  styleUrl: './pane-frame.scss',
  host: { '(keydown.escape)': 'close($event)' },
})
export class PaneFrame {
  protected readonly texts = inject(Texts);
  protected readonly pane = inject(SidePane);
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef);
  /** While the edge is dragged; it is kept when it is let go. */
  protected readonly dragged = signal<number | null>(null);
  protected readonly width = computed(() => this.dragged() ?? this.pane.width());
  /** Where the focus was when it opened: there it returns. */
  private opener: HTMLElement | null = null;

  constructor() {
    effect(() => {
      if (this.pane.open()) this.opener = focused();
    });
    const toggle = (): void => {
      if (this.pane.open()) {
        this.close();
      } else {
        this.pane.toggle(true);
      }
    };
    const destroy = inject(DestroyRef);
    const shortcuts = inject(Shortcuts);
    shortcuts.bind('T', toggle, destroy);
    shortcuts.bind('t', toggle, destroy);
  }

  protected resize(width: number): void {
    this.dragged.set(null);
    this.pane.resize(width);
  }

  protected close(event?: Event): void {
    event?.stopPropagation();
    const inside = this.host.nativeElement.contains(document.activeElement);
    this.pane.toggle(false);
    if (inside) {
      const opener = this.opener?.isConnected === true ? this.opener : document.getElementById('main');
      opener?.focus();
    }
  }
}

function focused(): HTMLElement | null {
  const { activeElement, body } = document;
  return activeElement instanceof HTMLElement && activeElement !== body ? activeElement : null;
}
