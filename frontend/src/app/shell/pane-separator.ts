import { Component, computed, ElementRef, inject, input, output } from '@angular/core';
import { Texts } from '../core/i18n/texts';
import { PANE_WIDTHS, within } from '../core/preferences/side-pane';

/** What an arrow key moves it by, in CSS pixels; with Shift the larger one. */
const STEP = 16;
const STRIDE = 64;

/** The left edge of the pane: dragged, or moved by the arrow keys; Home and End go to the limits. */
@Component({
  selector: 'su-pane-separator',
  template: '',
  host: {
    role: 'separator',
    tabindex: '0',
    'aria-orientation': 'vertical',
    '[attr.aria-label]': "texts.t('pane.width')",
    '[attr.aria-controls]': 'controls()',
    '[attr.aria-valuemin]': 'limits.least',
    '[attr.aria-valuemax]': 'limits.most',
    '[attr.aria-valuenow]': 'width()',
    '[attr.aria-valuetext]': 'spoken()',
    '(keydown)': 'press($event)',
    '(pointerdown)': 'grasp($event)',
    '(pointermove)': 'drag($event)',
    '(pointerup)': 'drop($event)',
    '(pointercancel)': 'abandon()',
  },
  styles: `
    :host {
      position: absolute;
      z-index: 1;
      left: -5px;
      top: 0;
      bottom: 0;
      width: 10px;
      cursor: col-resize;
      touch-action: none;
    }

    :host::before {
      content: '';
      position: absolute;
      left: 4px;
      top: calc(50% - 16px);
      width: 3px;
      height: 32px;
      border-radius: 2px;
      background: var(--edge);
    }

    :host(:hover)::before {
      background: var(--text-2);
    }

    :host(:focus-visible) {
      outline-offset: -2px;
    }
  `,
})
export class PaneSeparator {
  protected readonly texts = inject(Texts);
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef);
  /** Of the pane, in CSS pixels. */
  readonly width = input.required<number>();
  /** Id of the pane. */
  readonly controls = input.required<string>();
  /** While it is dragged; null when that was given up. */
  readonly moving = output<number | null>();
  readonly moved = output<number>();
  protected readonly limits = PANE_WIDTHS;
  protected readonly spoken = computed(() => this.texts.t('pane.pixels', { n: this.width() }));
  private grasped: { readonly x: number; readonly width: number } | null = null;

  protected press(event: KeyboardEvent): void {
    const step = event.shiftKey ? STRIDE : STEP;
    const to = {
      ArrowLeft: this.width() + step,
      ArrowRight: this.width() - step,
      Home: PANE_WIDTHS.least,
      End: PANE_WIDTHS.most,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    event.preventDefault();
    this.moved.emit(within(to));
  }

  protected grasp(event: PointerEvent): void {
    if (event.button !== 0) {
      return;
    }
    event.preventDefault();
    this.host.nativeElement.setPointerCapture(event.pointerId);
    this.host.nativeElement.focus();
    this.grasped = { x: event.clientX, width: this.width() };
  }

  protected drag(event: PointerEvent): void {
    if (this.grasped !== null) {
      this.moving.emit(within(this.grasped.width + this.grasped.x - event.clientX));
    }
  }

  protected drop(event: PointerEvent): void {
    if (this.grasped === null) {
      return;
    }
    const { x, width } = this.grasped;
    this.grasped = null;
    this.moved.emit(within(width + x - event.clientX));
  }

  protected abandon(): void {
    this.grasped = null;
    this.moving.emit(null);
  }
}
