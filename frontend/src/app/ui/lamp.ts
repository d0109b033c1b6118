import { Component, computed, input } from '@angular/core';
import { Icon } from './icon';
import { needIcon, type Need } from './states';

/** The lamp of a machine. The word stands beside it or in the accessible name. */
@Component({
  selector: 'su-lamp',
  imports: [Icon],
  template: `<span class="lamp" [class]="'is-' + need() + ' ' + form()" [class.bare]="bare()"
    ><su-icon [name]="turning() ? 'arc' : icon()" [spin]="turning()"
  /></span>`,
  styles: `
    :host {
      display: block;
      flex: none;
    }

    .bare {
      background: none;
    }

    .edge {
      width: 24px;
      height: 27px;
      border-radius: 5px 0 0 5px;
    }

    .dot {
      width: 19px;
      height: 19px;
    }

    .edge su-icon {
      width: 14px;
      height: 14px;
    }

    .dot su-icon {
      width: 13px;
      height: 13px;
      opacity: 0.85;
    }

    @media (max-width: 700px) {
      .tile {
        width: 26px;
        height: 28px;
      }

      .big {
        width: 36px;
        height: 36px;
      }
    }
  `,
})
export class Lamp {
  readonly need = input.required<Need>();
  /** On a tile, at the edge of a compact tile, a mere dot, or before a heading. */
  readonly form = input<'tile' | 'edge' | 'dot' | 'big'>('tile');
  protected readonly icon = computed(() => needIcon(this.need()));
  protected readonly turning = computed(() => this.form() === 'big' && this.need() === 'running');
  /** An unreachable machine is a grey plate as a whole: its lamp has none of its own. */
  protected readonly bare = computed(() => this.form() !== 'big' && this.need() === 'unreachable');
}
