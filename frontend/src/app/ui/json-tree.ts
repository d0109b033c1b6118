import { Component, computed, input, linkedSignal, signal } from '@angular/core';

/** Lists longer than this open in steps, so that two thousand packages do not become two thousand rows at once. */
const STEP = 100;

/** A JSON value that folds. What is closed is not drawn. */
@Component({
  selector: 'su-json-tree',
  template: `
    @if (children(); as all) {
      <details [open]="open()" (toggle)="open.set(node.open)" #node>
        <summary>
          @if (name() !== null) {
            <span class="key">{{ name() }}</span>:
          } @else if (caption() !== null) {
            <span>{{ caption() }}</span>
          }
          <span class="t3">{{ bracket() }}</span>
        </summary>
        @if (open()) {
          <div class="inside">
            @for (child of all.slice(0, shown()); track child.name) {
              <su-json-tree [name]="child.name" [value]="child.value" />
            }
            @if (all.length > shown()) {
              <button type="button" class="link" (click)="shown.set(shown() + step)">
                … {{ all.length - shown() }}
              </button>
            }
          </div>
        }
      </details>
    } @else {
      <div class="leaf">
        @if (name() !== null) {
          <span class="key">{{ name() }}</span>:
        }
        <span [class]="type()">{{ text() }}</span>
      </div>
    }
  `,
  styles: `
    :host {
      display: block;
      font-family: var(--mono);
      font-size: var(--t-xs);
      font-variant-ligatures: none;
      line-height: 1.6;
      overflow-wrap: anywhere;
    }

    summary {
      min-height: 24px;
      cursor: pointer;
    }

    .inside {
      padding-left: 18px;
      border-left: 1px solid var(--line);
      margin-left: 4px;
    }

    .leaf {
      padding-left: 14px;
    }

    .key {
      color: var(--text-2);
    }

    .string {
      color: var(--clean);
    }

    .number,
    .boolean {
      color: var(--updates);
    }

    .null {
      color: var(--text-3);
    }
  `,
})
export class JsonTree {
  readonly name = input<string | null>(null);
  /** What the whole is called, in words; not a name of JSON. */
  readonly caption = input<string | null>(null);
  readonly value = input.required<unknown>();
  readonly startOpen = input(false);
  protected readonly step = STEP;
  protected readonly shown = signal(STEP);
  protected readonly open = linkedSignal(() => this.startOpen());
  protected readonly children = computed(() => {
    const value = this.value();
    return typeof value === 'object' && value !== null
      ? Object.entries(value).map(([name, child]: [string, unknown]) => ({ name, value: child }))
      : null;
  });
  protected readonly bracket = computed(() => {
    const count = this.children()?.length ?? 0;
    return Array.isArray(this.value()) ? `[${String(count)}]` : `{${String(count)}}`;
  });
  protected readonly type = computed(() => (this.value() === null ? 'null' : typeof this.value()));
  protected readonly text = computed(() => JSON.stringify(this.value()));
}
